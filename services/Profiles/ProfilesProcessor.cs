using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.Splitting.Jobs;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Loop;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Profiles;

/// <summary>
/// Connects the decisions with Redis: reads profiles before a batch, writes them after its commit, and catches Redis up from the log if it is behind.
/// </summary>
public sealed partial class ProfilesProcessor(
    KafkaOptions kafka,
    AvroCodec codec,
    Generations generations,
    SplitStore splits,
    SplitJobs jobs,
    Folding folding,
    ILogger<ProfilesProcessor> logger) : Processor<ProfilesView>
{
    private const int ParallelCatchUps = 4;

    // For each partition, the offset of the topic profiles that Redis is known to have reached, because this process wrote it or caught Redis up to it. The
    // offset is kept when the partition is revoked, because a late write of this process must still be refused if Redis has lost earlier records.
    private readonly ConcurrentDictionary<int, long> _known = new();
    private readonly ConcurrentDictionary<int, bool> _owned = new();
    private readonly ProfileReader _profiles = new(codec, folding);

    public override async Task<ProfilesView> PrepareAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var wanted = batch.Select(record => (record.Position.partition, ProfileId: Decision.ProfileId(record)))
            .Distinct()
            .GroupBy(profile => profile.partition, profile => profile.ProfileId);
        var view = new ProfilesView(jobs.View());
        // The batch was polled earlier, so all its records are before these ends.
        if (batch.Any(record => record.Value is SplitDue)) view.Splitting.Ends = await jobs.EndsAsync(stopping);
        var store = await generations.CurrentAsync();
        foreach (var (partition, profiles) in await Task.WhenAll(wanted.Select(group => ReadProfilesAsync(store, group.Key, [.. group], stopping))))
        {
            foreach (var (profile, cut) in profiles) view.Add(partition, profile, cut);
        }
        return view;
    }

    public override void Decide(ProfilesView view, Incoming record, DateTime now, Outbox outbox) => Decision.Decide(view, record, folding, outbox);

    public override void FinishBatch(ProfilesView view, DateTime now, Outbox outbox) => Decision.WriteChanged(view, outbox);

    public override async Task CommittedAsync(ProfilesView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        var store = await generations.CurrentAsync();
        var partitions = committed.Where(record => record.Topic == Topics.Profiles).GroupBy(record => record.Partition!.Value);
        await Task.WhenAll(partitions.Select(partition => WriteAsync(store, partition.Key, [.. partition.OrderBy(record => record.Offset)], stopping)));
        foreach (var report in view.Splitting.Reports) await splits.ReportAsync(report);
        foreach (var part in view.Changed.SelectMany(profile => profile.NewlyCut)) ProfileMeters.PartCut(part);
    }

    /// <summary>
    /// Catches Redis up with the assigned partitions. Both inputs have the same partitions, and their profiles are in the partition of the topic profiles with
    /// the same number.
    /// </summary>
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

    /// <summary>
    /// Catches Redis up if it was emptied, fell back or was switched to another generation, without waiting for the next event of each partition.
    /// </summary>
    public override async Task WatchAsync(CancellationToken stopping)
    {
        var store = await generations.CurrentAsync();
        var positions = await Task.WhenAll(_owned.Keys.Select(async partition => (Partition: partition, Position: await store.PositionAsync(partition))));
        var behind = positions.Where(at => at.Position < Known(at.Partition)).Select(at => at.Partition);
        await InParallelAsync(behind, partition => RestoreAsync(store, partition, stopping), stopping);
    }

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    private long Known(int partition) => _known.GetValueOrDefault(partition, ProfileStore.NoPosition);

    // A fold must start from the last committed state. The write of the previous batch succeeded, or the loop would not have continued. If Redis is behind that
    // state, it has lost the write since, for instance by a restart from an older file. The log still has the state.
    private async Task<(int Partition, IReadOnlyList<StoredState> Profiles)> ReadProfilesAsync(
        ProfileStore store, int partition, IReadOnlyList<string> profileIds, CancellationToken stopping)
    {
        while (true)
        {
            if (await _profiles.ReadAsync(store, partition, profileIds, Known(partition)) is { } profiles) return (partition, profiles);
            await RestoreAsync(store, partition, stopping);
        }
    }

    private async Task WriteAsync(ProfileStore store, int partition, IReadOnlyList<Outgoing> records, CancellationToken stopping)
    {
        string[] withSplits = [.. records.Where(record => PartRecord.NamesPendingSplit((Profile)record.Value)).Select(record => record.Key!)];
        await splits.AddAsync(partition, withSplits);
        StoredProfile[] profiles = [.. records.Select(record => StoredProfile.Of(codec, record))];
        if (await store.WriteAsync(partition, Known(partition), profiles) == WriteOutcome.Behind) await RestoreAsync(store, partition, stopping);
        else _known[partition] = profiles[^1].Offset;
        foreach (var profileId in withSplits) jobs.Start(partition, profileId);
    }

    private Task RestoreAsync(ProfileStore store, int partition, CancellationToken stopping)
    {
        LogFellBack(store.Generation, partition, Known(partition));
        return CatchUpAsync(store, partition, stopping);
    }

    private async Task CatchUpAsync(ProfileStore store, int partition, CancellationToken stopping)
    {
        _known[partition] = await CatchUp.RunAsync(kafka, codec, store, partition, stopping, split => splits.AddAsync(partition, split));
        foreach (var profileId in await splits.ListAsync(partition)) jobs.Start(partition, profileId);
    }

    private static Task InParallelAsync(IEnumerable<int> partitions, Func<int, Task> action, CancellationToken stopping)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = ParallelCatchUps, CancellationToken = stopping };
        return Parallel.ForEachAsync(partitions, options, async (partition, _) => await action(partition));
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Generation {Generation} in Redis is behind offset {Offset} of partition {Partition} of the topic profiles; catching it up from the log")]
    private partial void LogFellBack(int generation, int partition, long offset);
}
