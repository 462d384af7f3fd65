"""Parts of the `choice` verifier: reading the options, finding what a response states, deciding between statements.

The entry point is reward_service/verifiers/choice.py; nothing else imports these modules.
"""
