using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Process;

/// <summary>Runs stream loops as part of a host.</summary>
public static class Streams
{
    /// <summary>
    /// Adds a loop, which gets its own thread. If it fails, the process stops with a non-zero exit code. The processor is disposed at the end, if it can be.
    /// </summary>
    public static void AddStream<TView>(
        this IHostApplicationBuilder builder, KafkaOptions kafka, StreamOptions options, Func<IServiceProvider, Processor<TView>> processor) =>
        builder.Services.AddSingleton(services => CreateStream(services, kafka, options, () => processor(services)));

    /// <summary>
    /// Creates a loop as <see cref="AddStream"/> does, for a service that starts and stops loops while it runs. The loop has ended when its stop returns.
    /// </summary>
    public static IHostedService CreateStream<TView>(
        IServiceProvider services, KafkaOptions kafka, StreamOptions options, Func<Processor<TView>> processor) => new StreamWorker(
        options.Service,
        options.Group,
        stopping =>
        {
            var made = processor();
            using var disposable = made as IDisposable;
            StreamRunner.Run(
                kafka,
                options,
                made,
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<Readiness>(),
                services.GetRequiredService<ILoggerFactory>(),
                stopping);
        },
        services.GetRequiredService<Failure>());
}

internal sealed class StreamWorker(string service, string name, Action<CancellationToken> run, Failure failure) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A separate thread, because the calls of the Kafka client block.
        new Thread(Run) { IsBackground = true, Name = $"loop {name}" }.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _ended.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the loop if the host is disposed without being stopped.</summary>
    public void Dispose() => _stopping.Cancel();

    private void Run()
    {
        ServiceScope.Current = service;
        try
        {
            run(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // A normal stop. Records that are not committed are read again after the restart.
        }
        catch (Exception e)
        {
            failure.Report($"the loop of {name}", e);
        }
        finally
        {
            _ended.SetResult();
        }
    }
}
