using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Profiles;

/// <summary>Brings the decisions and Redis together: profiles are read before a batch and written after its commit, and caught up from the log where Redis lacks some.</summary>
public sealed partial class ProfilesProcessor(
    KafkaOptions kafka, AvroCodec codec, Generations generations, SplitStore splits, SplitJobs jobs, ProfileIds ids, ILogger<ProfilesProcessor> logger) : Processor<ProfilesView>
{
    private const int ParallelCatchUps = 4;

    // By partition: the offset of the profiles topic that Redis has reached as far as this process knows, by writing it or by catching it up.
    // It outlives an assignment: a late write of this process must still be refused where Redis lost what it builds upon.
    private readonly ConcurrentDictionary<int, long> _known = new();
    private readonly ConcurrentDictionary<int, bool> _owned = new();

    public override async Task<ProfilesView> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var touched = batch.Select(record => (record.Position.partition, ProfileId: Decision.ProfileId(record))).Distinct().GroupBy(profile => profile.partition, profile => profile.ProfileId);
        var view = new ProfilesView(jobs.View());
        // After the batch was polled: behind everything that it holds.
        if (batch.Any(record => record.Value is SplitDue)) view.Splitting.Ends = await jobs.EndsAsync(stopping);
        var store = await generations.CurrentAsync();
        foreach (var (partition, profiles) in await Task.WhenAll(touched.Select(group => ReadAsync(store, group.Key, [.. group], stopping))))
        {
            foreach (var (profileId, bytes) in profiles) view.Add(partition, bytes is null ? Folding.Empty(profileId) : (Profile)codec.Decode(bytes));
        }
        return view;
    }

    public override void Decide(ProfilesView view, Incoming record, DateTime now, Outbox outbox) => Decision.Decide(view, record, ids, outbox);

    public override void Conclude(ProfilesView view, DateTime now, Outbox outbox) => Decision.Conclude(view, outbox);

    public override async Task CommittedAsync(ProfilesView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        var store = await generations.CurrentAsync();
        await Task.WhenAll(committed.Where(record => record.Topic == Topics.Profiles).GroupBy(record => record.Partition!.Value).Select(async partition =>
        {
            string[] split = [.. partition.Where(record => ((Profile)record.Value).pending.Count > 0).Select(record => record.Key!)];
            await splits.AddAsync(partition.Key, split);
            StoredProfile[] profiles = [.. partition.OrderBy(record => record.Offset).Select(record => new StoredProfile(record.Key!, codec.Encode(record.Topic, record.Value), record.Offset))];
            if (await store.WriteAsync(partition.Key, Known(partition.Key), profiles) == WriteOutcome.Behind) await RestoreAsync(store, partition.Key, stopping);
            else _known[partition.Key] = profiles[^1].Offset;
            foreach (var profileId in split) jobs.Found(partition.Key, profileId);
        }));
        foreach (var report in view.Splitting.Reports) await splits.ReportAsync(report);
    }

    /// <summary>Both inputs have the same partitions, and what is folded from either is in the one partition of the profiles topic with that number.</summary>
    public override async Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping)
    {
        var store = await generations.CurrentAsync();
        await InParallelAsync(partitions.Select(partition => partition.Partition.Value).Distinct(), async partition =>
        {
            await CatchUpAsync(store, partition, stopping);
            _owned[partition] = true;
        }, stopping);
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions) _owned.TryRemove(partition.Partition.Value, out _);
        jobs.Revoked([.. partitions.Select(partition => partition.Partition.Value).Distinct()]);
    }

    /// <summary>A Redis that was emptied, fell back or went over to another generation is caught up without waiting for an event of each partition.</summary>
    public override async Task WatchAsync(CancellationToken stopping)
    {
        var store = await generations.CurrentAsync();
        var positions = await Task.WhenAll(_owned.Keys.Select(async partition => (Partition: partition, Position: await store.PositionAsync(partition))));
        await InParallelAsync(positions.Where(at => at.Position < Known(at.Partition)).Select(at => at.Partition), partition => RestoreAsync(store, partition, stopping), stopping);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    private long Known(int partition) => _known.GetValueOrDefault(partition, ProfileStore.Nowhere);

    /// <summary>
    /// A fold must start from the last state that was committed. The write of the batch before has succeeded, or the loop would not have gone on; so Redis
    /// can only lack it if it has lost it since, by a restart from an older file: then the log has it.
    /// </summary>
    private async Task<(int Partition, IReadOnlyList<(string ProfileId, byte[]? Bytes)> Profiles)> ReadAsync(ProfileStore store, int partition, IReadOnlyList<string> profileIds, CancellationToken stopping)
    {
        while (true)
        {
            if (await store.ReadAsync(partition, profileIds, Known(partition)) is { } profiles) return (partition, profiles);
            await RestoreAsync(store, partition, stopping);
        }
    }

    private Task RestoreAsync(ProfileStore store, int partition, CancellationToken stopping)
    {
        LogFellBack(store.Generation, partition, Known(partition));
        return CatchUpAsync(store, partition, stopping);
    }

    private async Task CatchUpAsync(ProfileStore store, int partition, CancellationToken stopping)
    {
        _known[partition] = await CatchUp.RunAsync(kafka, codec, store, partition, stopping, split => splits.AddAsync(partition, split));
        foreach (var profileId in await splits.ListAsync(partition)) jobs.Found(partition, profileId);
    }

    private static Task InParallelAsync(IEnumerable<int> partitions, Func<int, Task> action, CancellationToken stopping) => Parallel.ForEachAsync(
        partitions, new ParallelOptions { MaxDegreeOfParallelism = ParallelCatchUps, CancellationToken = stopping }, async (partition, _) => await action(partition));

    [LoggerMessage(LogLevel.Warning, "Generation {Generation} in Redis is behind offset {Offset} of profiles partition {Partition}; catching it up from the log")]
    private partial void LogFellBack(int generation, int partition, long offset);
}
