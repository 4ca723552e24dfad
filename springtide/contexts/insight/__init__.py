"""Insight: figures across contexts, made of counts that know nobody."""
