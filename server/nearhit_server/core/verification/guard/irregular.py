"""Words whose plural or past is no ending: `wrote` is `write`, `people` is `person`."""

from typing import Final

_FORMS: Final = """
child children
man men
woman women
person people
foot feet
tooth teeth
mouse mice
goose geese
wife wives
knife knives
life lives
bite bit bitten
break broke broken
bring brought
build built
buy bought
catch caught
choose chose chosen
drive drove driven
eat ate eaten
feed fed
fight fought
find found
forget forgot forgotten
give gave given
hear heard
hold held
keep kept
lead led
leave left
lend lent
lose lost
make made
pay paid
ride rode ridden
see saw seen
sell sold
send sent
shoot shot
sing sang sung
speak spoke spoken
spend spent
steal stole stolen
take took taken
teach taught
tell told
think thought
throw threw thrown
win won
write wrote written
"""

REGULAR: Final = {
    form: base
    for base, *forms in (line.split() for line in _FORMS.strip().splitlines())
    for form in forms
}
"""Such a form to the word that it is a form of."""
