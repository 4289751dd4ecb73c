using Cdp.Functions.Workers;

// The worker process of untrusted functions: see Workers/WorkerCommand.cs. Nothing else starts it.
return await new WorkerLoop(Console.OpenStandardInput(), Console.OpenStandardOutput()).RunAsync();
