// Where your LLM goes: replace the body with a call of its SDK.

// An answer that costs nothing, in place of a real one.
export async function askLlm(question) {
  return `a made-up answer to '${question}'`;
}
