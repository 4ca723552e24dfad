"""All steps in their order: history in, decisions out.

inputs     what a plan is made with
stages     how a stage is run and told
make       from a history: forecast, paths, then the steps
steps      from paths: the steps that stand on them
assemble   the plan from its steps; also one changed on the same paths
parts      a plan as it is kept and read, in pages
summary    the paths in a few numbers
order      what of all steps comes first
words      what came out of each stage, in a sentence
"""
