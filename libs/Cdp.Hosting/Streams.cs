using Cdp.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting;

/// <summary>Runs consuming loops as part of a host.</summary>
public static class Streams
{
    /// <summary>Adds one loop on a thread of its own. A loop that fails stops the process with a non-zero exit code.</summary>
    public static void AddStream<TView>(this IHostApplicationBuilder builder, KafkaOptions kafka, StreamOptions options, Func<IServiceProvider, Processor<TView>> processor)
    {
        builder.Services.AddSingleton<IHostedService>(services => new StreamWorker(
            options.Group,
            stopping => StreamRunner.Run(
                kafka,
                options,
                processor(services),
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<Readiness>(),
                services.GetRequiredService<ILoggerFactory>(),
                stopping),
            services.GetRequiredService<Failure>()));
    }
}

internal sealed class StreamWorker(string name, Action<CancellationToken> run, Failure failure) : IHostedService
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A thread of its own, because the Kafka client's calls block.
        new Thread(Run) { IsBackground = true, Name = $"loop {name}" }.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _ended.Task.WaitAsync(cancellationToken);
    }

    private void Run()
    {
        try
        {
            run(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped as asked; what was not committed is read again after the restart.
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
