"""What a council settles about conduct: gifts, complaints, codes and cases. As `policy_types.py`, which is full."""


