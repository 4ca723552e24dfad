"""The technical kernel: knows no business."""
