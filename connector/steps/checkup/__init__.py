"""What `trellis check` looks at beside the files themselves, one idea each; `connector.steps.doctor` asks them all."""
