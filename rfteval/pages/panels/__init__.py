"""The panels of a run's page, one topic a module: functions of the stored run, None where there is nothing to show."""
