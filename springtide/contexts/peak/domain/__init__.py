"""The numerics of the peak desk: values in, plans out.

season     the days a plan is about
history    order lines -> what was asked for, per day and product
events     named days that repeat, and what moves with them
forecast   the mean per day and product, and how wrong it was before
paths      joint draws of the season: the only source of every number below
stock, fulfilment, staff, gateways, servers, budget, partners, risk, readiness, review, brief
           the steps of a plan, each a plain function of the paths and the company
queues     closed forms that several steps and their tests share
plan       all steps in their order, timed, with progress
"""
