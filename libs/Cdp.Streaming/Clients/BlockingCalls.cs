namespace Cdp.Streaming.Clients;

/// <summary>Runs calls of the Kafka client, which block.</summary>
public static class BlockingCalls
{
    /// <summary>
    /// Runs a call on a separate thread. The thread pool has few threads and adds more slowly: several blocking calls at once would occupy all of them and
    /// stall the rest of the process.
    /// </summary>
    public static Task<T> RunAsync<T>(Func<T> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
