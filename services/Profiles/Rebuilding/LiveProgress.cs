using Cdp.Contracts;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Confluent.Kafka;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// Determines whether the running service has processed the log up to a point. It reads the committed offsets of the service's group without joining the group.
/// </summary>
public sealed class LiveProgress(KafkaOptions kafka) : IDisposable
{
    // An event may be forwarded along a chain of merged profiles, and then to an account.
    private const int Hops = 4;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly GroupObserver _group = new(kafka, ProfilesLoop.Options.Group);
    private readonly PartitionEnds _ends = new(kafka);

    /// <summary>
    /// Waits until the service has processed events.identified up to these end offsets, and everything it has sent to itself meanwhile. Returns false after a
    /// timeout.
    /// </summary>
    public async Task<bool> WaitAsync(IReadOnlyList<long> ends, CancellationToken stopping)
    {
        if (!await WaitAsync(kafka.PartitionsOf(Topics.EventsIdentified).Zip(ends).ToDictionary(), stopping)) return false;
        for (var hop = 0; hop < Hops; hop++)
        {
            if (!await WaitAsync(await BlockingCalls.RunAsync(() => _ends.Of(Topics.ProfilesTransfers)), stopping)) return false;
        }
        return true;
    }

    public void Dispose()
    {
        _group.Dispose();
        _ends.Dispose();
    }

    private async Task<bool> WaitAsync(IReadOnlyDictionary<TopicPartition, long> ends, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!timeout.IsCancellationRequested)
        {
            if (await BlockingCalls.RunAsync(() => HasPassed(ends, stopping))) return true;
            await Task.Delay(Pause, stopping);
        }
        return false;
    }

    // A partition that does not answer in time, for example because its leader is moving, may answer in the next round.
    private bool HasPassed(IReadOnlyDictionary<TopicPartition, long> ends, CancellationToken stopping)
    {
        try
        {
            return _group.HasPassed(ends, stopping);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_TimedOut)
        {
            return false;
        }
    }
}
