using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.History;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// What takes too long for the loop: waits until a split may begin and until it may be finished, and folds its events anew. Each step is then taken by the loop
/// itself, told by a <see cref="SplitDue"/>. All a job knows is in memory: after a restart or a rebalance whoever owns the profile starts over, from what the profile says.
/// </summary>
public sealed partial class SplitJobs(KafkaOptions kafka, StreamOptions stream, AvroCodec codec, Generations generations, SplitStore splits, ProfileIds ids, ILogger<SplitJobs> logger) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (int Partition, CancellationTokenSource Stopping)> _running = new();
    private readonly ConcurrentDictionary<long, Recomputation> _recomputed = new();
    private readonly StateCodec _states = new(state => codec.Encode(Topics.Profiles, state), bytes => (Profile)codec.Decode(bytes));
    // Each reads the log: one after the other leaves the loop its share.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly EventHistory _history = new(kafka, codec);

    public SplittingView View() => new(_states) { Recomputed = _recomputed };

    /// <summary>Where the partitions of events.identified end now.</summary>
    public Task<IList<RecordPosition>> EndsAsync(CancellationToken stopping) => Task.Run(_history.Ends, stopping);

    /// <summary>A profile of ours has, or may have, a split pending.</summary>
    public void Found(int partition, string profileId)
    {
        var stopping = new CancellationTokenSource();
        if (!_running.TryAdd(profileId, (partition, stopping))) return;
        _ = Task.Run(() => RunAsync(partition, profileId, stopping), CancellationToken.None);
    }

    public void Revoked(IReadOnlyCollection<int> partitions)
    {
        foreach (var (profileId, job) in _running.Where(job => partitions.Contains(job.Value.Partition)).ToList())
        {
            _running.TryRemove(new(profileId, job));
            job.Stopping.Cancel();
        }
    }

    public void Dispose()
    {
        foreach (var job in _running.Values) job.Stopping.Cancel();
        _running.Clear();
        _turn.Dispose();
    }

    private async Task RunAsync(int partition, string profileId, CancellationTokenSource own)
    {
        var stopping = own.Token;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await StoredAsync(partition, profileId) is not { pending.Count: > 0 } profile)
                {
                    await splits.RemoveAsync(partition, profileId);
                    // Not a later owner's of the same profile.
                    _running.TryRemove(new(profileId, (partition, own)));
                    // It may have got another one while this one was forgotten.
                    if (await StoredAsync(partition, profileId) is { pending.Count: > 0 })
                    {
                        await splits.AddAsync(partition, [profileId]);
                        Found(partition, profileId);
                    }
                    return;
                }
                if (Splits.Next(profile) is { } split) await StepAsync(partition, profile, split, stopping);
                else await Task.Delay(Pause, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                Failed(profileId, e.Message);
                await Task.Delay(AfterFailure, CancellationToken.None);
            }
        }
    }

    private async Task StepAsync(int partition, Profile profile, PendingSplit split, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            using var progress = new Progress(kafka, stream.Group, stream.Inputs);
            await Task.Run(() => progress.SettleAsync(Splits.LongestWay(profile, split), stopping), stopping);
            // What arrived meanwhile belongs to what the split holds.
            if (PendingSplits.HasBegun(split) && await StoredAsync(partition, profile.profileId) is { } now && PendingSplits.Find(now, split.sequence) is { } settled)
            {
                _recomputed[split.sequence] = await Task.Run(() => Recompute(profile.profileId, settled, stopping), stopping);
            }
        }
        finally
        {
            _turn.Release();
        }
        await TellAsync(profile.profileId, split.sequence, stopping);
        // If it takes no effect, because something else came first, it starts over.
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < StepPatience;)
        {
            var after = await StoredAsync(partition, profile.profileId);
            if (after is null || PendingSplits.Find(after, split.sequence) is not { } left || PendingSplits.HasBegun(left) != PendingSplits.HasBegun(split)) break;
            await Task.Delay(Pause, stopping);
        }
        if (PendingSplits.HasBegun(split)) _recomputed.TryRemove(split.sequence, out _);
    }

    private Recomputation Recompute(string profileId, PendingSplit split, CancellationToken stopping)
    {
        var before = _states.Decode(split.before);
        var anew = new Recomputation(profileId, split, before, ids);
        HistoryRange[] ranges = [.. from first in before.since join cut in split.cuts on first.partition equals cut.partition select new HistoryRange(first.partition, first.offset, cut.offset)];
        var reached = _history.Read(ranges, split.family.ToHashSet(), anew.Add, stopping);
        anew.ReachesFrom = reached.Where(reach => before.since.Any(first => first.partition == reach.Partition && first.offset < reach.From)).Max(reach => reach.At);
        return anew;
    }

    private async Task<Profile?> StoredAsync(int partition, string profileId) =>
        await (await generations.CurrentAsync()).FindAsync(partition, profileId) is { } bytes ? _states.Decode(bytes) : null;

    private async Task TellAsync(string profileId, long sequence, CancellationToken stopping)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]>(kafka.Producer()).SetLogHandler((_, _) => { }).Build();
        var due = codec.Encode(Topics.ProfilesTransfers, new SplitDue { profileId = profileId, sequence = sequence });
        await producer.ProduceAsync(kafka.TopicPrefix + Topics.ProfilesTransfers.Name, new Message<byte[]?, byte[]> { Key = Streaming.Keys.Bytes(profileId), Value = due }, stopping);
    }

    [LoggerMessage(LogLevel.Warning, "The split of profile {ProfileId} waits: {Reason}")]
    private partial void Failed(string profileId, string reason);
}
