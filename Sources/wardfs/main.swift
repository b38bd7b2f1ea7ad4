import CLI

await CommandLineEntry.run()
