"""A small SentenceTransformer that is not the default one, made on the spot."""

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WORDS = [
    *("the", "a", "how", "do", "i", "reset", "my", "password", "what", "is", "capital", "of"),
    *("france", "first", "second", "?", ","),
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
DIMENSION = 16
WINDOW = 12


def save_tiny_model(folder: Path, *, seed: int) -> Path:
    """Write a random model of 16 dimensions and a window of 12 tokens; returns `folder`."""
    torch.manual_seed(seed)
    parts = folder / "parts"
    vocabulary = {word: index for index, word in enumerate(SPECIAL + WORDS)}
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=WINDOW,
    )
    BertModel(config).save_pretrained(parts)
    _tokenizer(vocabulary).save_pretrained(parts)
    transformer = Transformer(str(parts), max_seq_length=WINDOW)
    model = SentenceTransformer(modules=[transformer, Pooling(DIMENSION)], device="cpu")
    model.save(str(folder / "model"))
    return folder / "model"


def _tokenizer(vocabulary: dict[str, int]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(word, vocabulary[word]) for word in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=WINDOW,
    )
