"""Words that exclude one another; underscores join a verb to its particle, wherever that is."""

from typing import Final

OPPOSITES: Final = """
enable activate enabled / disable deactivate disabled
increase raise grow gain / decrease reduce lower lose
buy purchase / sell
import / export
login signin log_in sign_in log_on / logout signout logoff log_out sign_out log_off
open / close shut
maximum max most highest largest biggest / minimum min least lowest smallest
ascending asc / descending desc
allow permit whitelist enable unblock / block deny forbid ban prohibit blacklist
upgrade / downgrade
start begin launch / stop end quit finish
start / stop
add append insert / remove delete
add / subtract
multiply / divide
install / uninstall
lock / unlock
mute / unmute
subscribe / unsubscribe
follow / unfollow
friend / unfriend
hide / show unhide
hide / reveal
encrypt / decrypt
encode serialize / decode deserialize
compress zip / decompress unzip extract
upload / download
push / pull
send / receive
lend / borrow
save / spend
save / discard
win / lose
hire / fire
accept approve / reject decline deny
deposit / withdraw
arrive arrival / depart departure leave
enter entry / exit
attach mount connect / detach unmount disconnect
expand / collapse
expand / contract
strengthen / weaken
build create / destroy
create / delete
join / leave
marry / divorce
push / pop
freeze / thaw defrost unfreeze
heat warm hot / cool cold chill
inhale / exhale
lengthen / shorten
tighten / loosen
fill / empty
wrap / unwrap
zip / unzip
pause / resume
turn_on switch_on power_on put_on / turn_off switch_off power_off
turn_up go_up volume_up move_up / turn_down go_down volume_down move_down
scroll_up page_up thumb_up swipe_up / scroll_down page_down thumb_down swipe_down
speed_up scale_up ramp_up roll_up / speed_down scale_down ramp_down roll_down
check_in checkin / check_out checkout
clock_in / clock_out
opt_in / opt_out
zoom_in / zoom_out
move_in / move_out
fade_in / fade_out
_on / _off
_up / _down
_in / _out
left / right
north northern / south southern
east eastern / west western
top upper / bottom lower
inside indoor indoors / outside outdoor outdoors
above / below
over / under
before / after
early earlier earliest / late later latest
old older oldest / young younger youngest
old older oldest / new newer newest
first / last final
next / previous prev last
advantage benefit pro strength / disadvantage drawback con downside weakness risk harm
good better best / bad worse worst
positive / negative
true / false
legal / illegal
possible / impossible
safe / dangerous unsafe
healthy / unhealthy
happy / sad unhappy
fast faster fastest quick quickly / slow slower slowest slowly
cheap cheaper cheapest inexpensive / expensive priciest
high higher / low lower
hard difficult harder hardest / easy easier easiest simple
hard / soft
long longer longest / short shorter shortest
tall taller tallest / short shorter shortest
big bigger large larger / small smaller little tiny
heavy heavier heaviest / light lighter lightest
dark darker / light lighter bright brighter
strong stronger strongest / weak weaker weakest
thick thicker / thin thinner
wide wider / narrow narrower
deep deeper deepest / shallow
wet / dry
full / empty
rich / poor
loud / quiet
public / private
internal / external
online / offline
manual manually / automatic automatically
synchronous sync / asynchronous async
static / dynamic
odd / even
male man men boy guy / female woman women girl lady
parent / child children kid
husband / wife
son / daughter
father dad / mother mum mom
brother / sister
employer / employee
landlord / tenant
buyer / seller
teacher / student
lender / borrower
predator / prey
client / server
sender / recipient receiver
winner / loser
ancestor / descendant
acid acidic / alkaline alkali
domestic / international
incoming inbound / outgoing outbound
input / output
read / write
love like / hate dislike
include including / exclude excluding except
remember / forget
agree / disagree
appear / disappear
qualify / disqualify
optional / mandatory required compulsory
temporary / permanent
horizontal horizontally row / vertical vertically column
front / back rear
major / minor
senior / junior
minority / majority
more / less fewer
plus / minus
profit / loss
debit / credit
asset / liability
supply / demand
inflation / deflation
overweight / underweight
hyper hyperthyroidism hypertension hyperglycemia / hypo hypothyroidism hypotension hypoglycemia
breakfast / dinner
morning am / evening night pm
today / tomorrow yesterday
today / yesterday
tomorrow / yesterday
single / married
single / double
latitude / longitude
sunrise / sunset
deciduous / evergreen
introvert / extrovert
optimist / pessimist
ingress / egress
commit / revert rollback
stage / unstage
check / uncheck
select / deselect unselect
bind / unbind
register / unregister deregister
grant / revoke
attack / defend defence defense
innocent / guilty
alive / dead
birth born / death died
ancient / modern
rise / fall drop
rural / urban
dominant / recessive
mutable / immutable
fresh / frozen
raw / cooked
sweet / sour
refundable / nonrefundable
qualified / unqualified
known / unknown
employed / unemployed
paid / unpaid free
lucky / unlucky
fair / unfair
certain / uncertain
likely / unlikely
common / uncommon rare
usual / unusual
visible / invisible
valid / invalid
correct right / incorrect wrong
complete / incomplete
complete / abort
direct / indirect
secure / insecure
regular / irregular
honest / dishonest
connected / disconnected
harmful / harmless
useful / useless
careful / careless
wired / wireless
painful / painless
prevent avoid stop / cause
refuse reject / accept
inner / outer
lowercase / uppercase
maximize / minimize
acute / chronic
win / loss defeat
landscape / portrait
entrance entry / exit
success / failure
succeed / fail
valid / expired
expired / unexpired
predecessor / successor
superset / subset
ceiling / floor
clockwise / counterclockwise anticlockwise
wide / narrow
absolute / relative
encoder / decoder
request / response
guest / host
singular / plural
upstairs / downstairs
upstream / downstream
uphill / downhill
upward upwards / downward downwards
forward forwards / backward backwards
ascend / descend
emigrate emigration / immigrate immigration
prefix / suffix
prepend / append
pass / fail flunk
often frequently usually always / rarely seldom
overestimate / underestimate
overpay / underpay
overfit / underfit
inflate / deflate
uncle / aunt
nephew / niece
king / queen
prince / princess
bride / groom
hero / villain
lossy / lossless
wholesale / retail
debtor / creditor
ally friend / enemy
praise / criticize criticise
reward / punish punishment
victory / defeat
attract / repel
evaporate / condense
melt / freeze solidify
float / sink
smooth / rough
tight / loose
polite / rude
plaintiff / defendant
support / oppose
promote promotion / demote demotion
bullish / bearish
vowel / consonant
herbivore / carnivore
concave / convex
numerator / denominator
qualitative / quantitative
symmetric symmetrical / asymmetric asymmetrical
homogeneous / heterogeneous
aerobic / anaerobic
endothermic / exothermic
explicit / implicit
presence present / absence absent
gross / net
"""
