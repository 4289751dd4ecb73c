using Cdp.DeliveryEngine;
using Cdp.DeliveryEngine.Observability;
using Cdp.Fanout.Configuration;
using Cdp.Hosting.Configuration;

namespace Cdp.Fanout.Streams;

/// <summary>
/// Runs the deliveries of every configured destination. When a file changes, only its destination stops and starts again; the others are not disturbed.
/// </summary>
public sealed partial class DestinationStreams(
    LiveFiles<IReadOnlyList<ConfiguredDestination>> files,
    Func<ConfiguredDestination, DeliveryStream> create,
    TimeProvider time,
    ILogger<DestinationStreams> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Replaced as a whole, because requests to the API read it while it changes.
    private volatile IReadOnlyDictionary<string, (ConfiguredDestination Destination, DeliveryStream Stream)> _running =
        new Dictionary<string, (ConfiguredDestination Destination, DeliveryStream Stream)>();
    private IReadOnlyList<ConfiguredDestination> _applied = [];

    /// <summary>The state of the deliveries to a destination, as far as this instance knows it; null if it does not run.</summary>
    public DeliveryState? StateOf(string id) => _running.TryGetValue(id, out var running) ? running.Stream.State : null;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ApplyAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_running.Values.Select(running => running.Stream.StopAsync(cancellationToken)));
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var (_, stream) in _running.Values) stream.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (ReferenceEquals(files.Current, _applied)) continue;
                foreach (var (change, id) in await ApplyAsync(stoppingToken)) LogChanged(id, change);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A normal stop.
        }
    }

    private async Task<IReadOnlyList<(string Change, string Id)>> ApplyAsync(CancellationToken stopping)
    {
        var configured = files.Current;
        var changes = DestinationChanges.Between(_running.Values.Select(running => running.Destination), configured);
        // A loop must have ended before its successor begins: both have the same transactional id, and one would fence the other.
        await Task.WhenAll(changes.Stopped.Select(id => _running[id].Stream.RemoveAsync(stopping)));
        var running = _running.Where(entry => !changes.Stopped.Contains(entry.Key)).ToDictionary();
        foreach (var id in changes.Stopped) _running[id].Stream.Dispose();
        foreach (var destination in changes.Started) running[destination.Id] = (destination, create(destination));
        _running = running;
        await Task.WhenAll(changes.Started.Select(destination => running[destination.Id].Stream.StartAsync(stopping)));
        _applied = configured;
        return
        [
            .. changes.Stopped.Where(id => !running.ContainsKey(id)).Select(id => ("removed", id)),
            .. changes.Started.Select(destination => (changes.Stopped.Contains(destination.Id) ? "restarted" : "added", destination.Id)),
        ];
    }

    [LoggerMessage(LogLevel.Information, "Destination {Destination} was {Change}, because its file changed")]
    private partial void LogChanged(string destination, string change);
}
