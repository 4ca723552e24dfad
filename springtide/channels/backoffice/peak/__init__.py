"""The screens of the peak desk: what a plan says, in the reader's language.

speech    phrases, money, days and shares written for a reader of English, Dutch or Swedish
reading   parts of a plan, fetched page by page and put together into the published structs
figures   charts as Plotly takes them: the finding as title, P50 a line, P10 to P90 a band, P99 thin and "stress"
plotly    the chart library's own script, from its wheel
views     what fills each page of a plan, one module a page
page      what every page of the desk has: languages, the chart library
"""
