"""`springtide peak backtest` beside methods that anybody has, on data of many shapes."""
