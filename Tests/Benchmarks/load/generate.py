"""Marketing-like rows, the same at each call: ids, zoned timestamps, dates, decimals, flags, quoted text with commas, line ends,
quotes and accents, nulls.

`write(folder, rows)` makes `events.csv`, and `changes.csv` with a tenth as many rows: nine of ten change a row, one is new. It
returns what a loaded table must add up to, before the changes and after.
"""
import random

HEADER = "event_id,user_id,campaign_id,event_at,event_date,channel,country,cost,revenue,clicks,is_conversion,ad_text\n"
CHANNELS = ["paid_search", "paid_social", "display", "email", "affiliate", "organic", "video", "direct"]
COUNTRIES = ["US", "GB", "DE", "FR", "NL", "BR", "IN", "JP", "UA", "PL", "SE", "ES"]
TEXTS = [
    "Spring sale, up to 50% off", "Herbst-Aktion: Größe \"XL\"", "Second line\nfollows, with a comma", "Café crème — 3,99 €", "Линия «Лето», скидка",
    "プレミアム会員, 今すぐ", "a plain headline", "only today 🎉", "semicolons; and\ttabs", "He said \"buy\", so I did",
]


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def record(number, dice):
    """The line of a row, and what it adds to the totals."""
    cost, revenue = dice.randrange(2_000_000), None if dice.random() < 0.3 else dice.randrange(5_000_000)
    clicks = None if dice.random() < 0.05 else dice.randrange(40)
    text = None if dice.random() < 0.1 else f"{TEXTS[dice.randrange(10)]} #{dice.randrange(100_000)}"
    second, day = dice.randrange(86_400), f"2025-{dice.randrange(12) + 1:02}-{dice.randrange(28) + 1:02}"
    moment = f"{day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{dice.randrange(1000):03}Z"
    line = (
        f"{number},{dice.getrandbits(64):016x},{1000 + dice.randrange(400)},{moment},{day},{CHANNELS[dice.randrange(8)]},"
        f"{'' if dice.random() < 0.02 else COUNTRIES[dice.randrange(12)]},{cost // 10_000}.{cost % 10_000:04},"
        f"{'' if revenue is None else f'{revenue // 100}.{revenue % 100:02}'},{'' if clicks is None else clicks},"
        f"{'true' if dice.random() < 0.04 else 'false'},{'' if text is None else quoted(text)}\n")
    return line, (1, cost, clicks or 0, len(text or ""))


def write(folder, rows):
    dice, changed = random.Random(6), set(random.Random(7).sample(range(1, rows + 1), rows * 9 // 100))
    whole, kept = [0, 0, 0, 0], {}
    with open(f"{folder}/events.csv", "w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for number in range(1, rows + 1):
            line, sums = record(number, dice)
            file.write(line)
            whole = [a + b for a, b in zip(whole, sums)]
            if number in changed:
                kept[number] = sums
    numbers = list(changed) + list(range(rows + 1, rows + 1 + rows // 100))
    dice = random.Random(8)
    dice.shuffle(numbers)
    merged = whole
    with open(f"{folder}/changes.csv", "w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for number in numbers:
            line, sums = record(number, dice)
            file.write(line)
            merged = [a + b - c for a, b, c in zip(merged, sums, kept.get(number, (0, 0, 0, 0)))]
    return {"load": whole, "merge": merged}
