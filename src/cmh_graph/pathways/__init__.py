"""What stands between people and roles, computed from the graph.

holding       what a person's list or a role lets us count as held
occupations   a code of ESCO, O*NET and the like -> a holding, through the matches of our roles
gap           a holding and a role -> each requirement: have, partly, missing, not known, and the rule
gap_sizes     the size of the gap between every two roles at once
closing       what closes a gap: training, qualifications, posts, resources
similarity    two roles -> how alike, weighted by how telling each skill is
choices       what a question may name, and the words where it may not
network       steps -> a directed network of roles and other places
costs         what a step costs under each named model, stated or assumed
reachable     which places a place cannot lead to, told at once
ahead         what a way still costs from a place, as far as a search asks
progressions  the best ways from a place to another, or to any that meets a condition
bridging      where there is no way: the steps that would make one
no_way        a question that gets no way: why, and what would have to change
conditions    what people ask of a way: paid, within so many months, to a registered role
facts         every pair of roles, as statements of the derived graph
answers       what Python, the command line and the API give
reach         the whole network: entry points, dead ends, bottlenecks
"""
