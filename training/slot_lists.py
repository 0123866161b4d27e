"""Words that answer one question in different ways, and words that say the same."""

from typing import Final


def _groups(text: str) -> list[list[str]]:
    return [[word.replace("_", " ") for word in line.split()] for line in text.strip().splitlines()]


_SLOTS: Final = {
    "months": "january february march april june july august september october november december",
    "days": "monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday",
    "seasons": "spring summer autumn winter",
    "times": "morning afternoon evening night weekend",
    "years": "1990 2001 2008 2012 2015 2016 2018 2019 2020 2021 2022 2023 2024 2025 2026",
    "counts": "1 2 3 4 5 6 7 8 9 10 12 15 20 25 30 50 100 500 1000",
    "words for counts": "one two three four five six seven eight nine ten twenty hundred",
    "periods": "second minute hour day week month year decade",
    "cities": "london paris tokyo berlin madrid rome sydney toronto chicago boston mumbai delhi "
    "bangalore dubai singapore seoul beijing moscow cairo lagos amsterdam vienna prague lisbon "
    "dublin miami seattle houston denver austin",
    "countries": "india china japan germany france spain italy canada australia brazil mexico "
    "russia egypt kenya nigeria sweden norway poland turkey thailand vietnam pakistan indonesia "
    "argentina chile greece portugal ireland iceland",
    "states": "california texas florida ohio georgia oregon nevada arizona colorado virginia",
    "languages": "english french spanish german italian portuguese russian arabic hindi japanese "
    "korean chinese turkish dutch",
    "programming": "python java javascript typescript ruby rust go c++ c# php swift kotlin scala "
    "perl r matlab",
    "databases": "mysql postgres sqlite oracle mongodb redis cassandra elasticsearch dynamodb",
    "systems": "windows linux mac ubuntu debian fedora android ios",
    "frameworks": "django flask rails spring react angular vue laravel express fastapi",
    "clouds": "aws azure gcp heroku kubernetes docker terraform",
    "browsers": "chrome firefox safari edge opera",
    "companies": "google amazon apple microsoft facebook netflix tesla samsung sony intel nvidia "
    "ibm uber airbnb walmart target costco ikea nike adidas",
    "social": "instagram facebook twitter linkedin whatsapp snapchat youtube tiktok reddit quora",
    "devices": "phone laptop tablet iphone ipad macbook printer router camera tv headphones watch",
    "documents": "passport visa licence invoice receipt contract resume password username email",
    "fruit": "apple banana orange mango grape lemon strawberry avocado tomato potato onion carrot",
    "food": "chicken beef pork fish salmon tofu rice pasta bread pizza soup salad cake cookies "
    "eggs cheese milk butter",
    "animals": "dog cat horse rabbit hamster parrot snake turtle cow goat",
    "body": "knee back shoulder neck ankle wrist elbow hip head stomach tooth eye ear throat",
    "ailments": "cold flu fever headache cough rash allergy asthma diabetes eczema acne insomnia",
    "people": "man woman child baby teenager student teacher doctor nurse lawyer engineer",
    "family": "mother father sister brother son daughter wife husband friend boss",
    "colours": "red blue green yellow black white orange purple pink brown grey",
    "sizes": "small medium large tiny huge",
    "materials": "wood metal plastic glass leather cotton wool silk steel gold silver",
    "instruments": "guitar piano violin drums flute saxophone trumpet ukulele",
    "sports": "football cricket tennis basketball hockey golf rugby baseball swimming running "
    "cycling boxing",
    "sciences": "physics chemistry biology mathematics history geography economics psychology "
    "philosophy",
    "vehicles": "car bike motorcycle truck bus train plane boat scooter",
    "rooms": "kitchen bathroom bedroom garage garden basement attic",
    "exams": "gre gmat toefl ielts sat lsat mcat",
    "planets": "mercury venus mars jupiter saturn uranus neptune pluto earth moon",
    "elements": "hydrogen helium oxygen nitrogen carbon iron copper zinc sodium calcium",
    "units": "kg pounds grams ounces km miles meters feet inches celsius fahrenheit liters gallons",
    "money": "dollars euros pounds rupees yen",
    "actions": "install remove update delete create rename copy move print scan share download "
    "upload",
    "superlatives": "best worst cheapest fastest largest smallest oldest newest easiest",
    "attributes": "price weight height age population capital currency climate salary cost size "
    "speed colour name address distance area depth temperature",
    "meals": "breakfast lunch dinner snack dessert",
    "media": "book movie song game podcast series album novel poem",
    "purposes": "beginners kids adults seniors women men students teachers professionals",
}
SLOTS: Final = {name: words.split() for name, words in _SLOTS.items()}

OPPOSITES: Final = _groups(
    """
    enable disable
    increase decrease reduce
    before after during
    buy sell rent
    import export
    login logout
    open close
    maximum minimum average
    start stop pause
    add remove
    lock unlock
    connect disconnect
    upgrade downgrade
    encrypt decrypt
    ascending descending
    win lose
    arrival departure
    indoor outdoor
    hot cold
    cheap expensive
    good bad
    fast slow
    gain lose
    hire fire
    public private
    left right
    north south east west
    first last
    early late
    legal illegal
    safe dangerous
    front rear
    male female
    online offline
    old new
    hard soft
    inside outside
    upload download
    push pull
    always never
    cause cure symptom
    borrow lend
    accept reject decline
    mount unmount
    freeze thaw
    advantages disadvantages
    pros cons
    """
)

SYNONYMS: Final = _groups(
    """
    buy purchase
    best top greatest
    good great
    most greatest
    learn practice
    stop prevent avoid
    cause reason
    love like
    facts trivia
    someone somebody person
    people persons
    money cash
    fix repair
    movie film
    movies films
    start begin
    cheap inexpensive
    quick fast
    quickly fast rapidly
    kids children
    phone mobile smartphone
    photo picture
    photos pictures pics
    laptop notebook
    big large
    car automobile
    doctor physician
    job work
    picture image
    trip journey
    delete erase
    make create
    difference distinction
    important significant
    lawyer attorney
    house home
    ways methods
    way method
    reason cause
    reasons causes
    purpose goal
    learn study
    improve enhance
    cost price
    salary pay
    amazing awesome
    tips advice
    city town
    vacation holiday
    application app
    program software
    error mistake
    error problem issue
    examples samples
    requirements prerequisites
    get obtain
    choose pick select
    help assist
    show display
    happen occur
    need require
    allowed permitted
    sick ill
    stomach belly
    hurt ache
    film movie
    garbage trash
    shop store
    sofa couch
    baby infant
    email mail
    telephone phone
    pc computer
    flat apartment
    lift elevator
    petrol gas
    autumn fall
    meaning definition
    kind type
    kinds types
    usa us america
    uk britain
    change modify
    cancel terminate
    speed velocity
    bathroom restroom
    whole entire
    current present
    popular famous
    """
)
