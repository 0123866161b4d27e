"""Prompts as people write them: short and long, careful and careless, in some languages."""

REAL_PROMPTS = [
    "hi",
    "thanks!",
    "What's the weather in Oslo tomorrow?",
    "how do i reset my password",
    "How can I change a password that I have forgotten?",
    "cancel my subscription",
    "I was charged twice in March, please refund one of the two payments to my card",
    "flights from Berlin to Tokyo in June under 800 euros",
    "Flights from Tokyo to Berlin in December",
    "Summarise the following article in three bullet points, in plain English.",
    "write a haiku about autumn leaves and train stations",
    "Explain the difference between TCP and UDP to a ten-year-old.",
    "def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)",
    "Why does `git rebase -i HEAD~3` say that there is nothing to do?",
    "SELECT name, count(*) FROM orders GROUP BY name HAVING count(*) > 10",
    "TypeError: 'NoneType' object is not subscriptable",
    "translate 'where is the nearest pharmacy' to Portuguese",
    "¿Cómo puedo restablecer mi contraseña?",
    "Wie ändere ich meine Lieferadresse nach der Bestellung?",
    "Quel est le délai de livraison pour la Corse ?",
    "top books of 2023",
    "top books of 2024",
    "enable 2FA for all users of my organisation",
    "disable 2FA for one user",
    "is 17 a prime number?",
    "10 km in miles",
    "best vegetarian restaurants near the central station that are open on Sunday evening",
    "Who wrote One Hundred Years of Solitude and when was it published?",
    "PLEASE HELP my order #48213 has not arrived!!!",
    "recipe for lentil soup without onions, for six people, in less than forty minutes",
    "What are the side effects of ibuprofen when taken together with blood thinners?",
    "convert 5 feet 11 inches to centimetres",
    (
        "My laptop makes a grinding noise when it starts, the screen stays black for a minute or "
        "so, and then it works as if nothing had happened. It is three years old. Is it the fan, "
        "the disk, or something else, and is it worth repairing?"
    ),
    (
        "You are a helpful assistant for the customers of a bank. Answer politely, never give "
        "financial advice, and ask for the last four digits of the account before you discuss any "
        "transaction. The customer writes: I do not recognise a payment of 49.99 from yesterday."
    ),
]
