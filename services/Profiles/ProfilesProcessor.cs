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
public sealed partial class ProfilesProcessor(KafkaOptions kafka, AvroCodec codec, ProfileStore store, SplitStore splits, SplitJobs jobs, ProfileIds ids, ILogger<ProfilesProcessor> logger) : Processor<ProfilesView>
{
    private const int ParallelCatchUps = 4;

    // By partition: the offset of the profiles topic that Redis has reached as far as this process knows, by writing it or by catching it up.
    private readonly ConcurrentDictionary<int, long> _known = new();

    public override async Task<ProfilesView> ReadAsync(IReadOnlyList<Incoming> batch, CancellationToken stopping)
    {
        var touched = batch.Select(record => (record.Position.partition, ProfileId: Decision.ProfileId(record))).Distinct().GroupBy(profile => profile.partition, profile => profile.ProfileId);
        var view = new ProfilesView(jobs.View());
        // After the batch was polled: behind everything that it holds.
        if (batch.Any(record => record.Value is SplitDue)) view.Splitting.Ends = await jobs.EndsAsync(stopping);
        foreach (var (partition, profiles) in await Task.WhenAll(touched.Select(group => ReadAsync(group.Key, [.. group], stopping))))
        {
            foreach (var (profileId, bytes) in profiles) view.Add(partition, bytes is null ? Folding.Empty(profileId) : (Profile)codec.Decode(bytes));
        }
        return view;
    }

    public override void Decide(ProfilesView view, Incoming record, DateTime now, Outbox outbox) => Decision.Decide(view, record, ids, outbox);

    public override void Conclude(ProfilesView view, DateTime now, Outbox outbox) => Decision.Conclude(view, outbox);

    public override async Task CommittedAsync(ProfilesView view, IReadOnlyList<Outgoing> committed, CancellationToken stopping)
    {
        await Task.WhenAll(committed.Where(record => record.Topic == Topics.Profiles).GroupBy(record => record.Partition!.Value).Select(async partition =>
        {
            string[] split = [.. partition.Where(record => ((Profile)record.Value).pending.Count > 0).Select(record => record.Key!)];
            await splits.AddAsync(partition.Key, split);
            StoredProfile[] profiles = [.. partition.OrderBy(record => record.Offset).Select(record => new StoredProfile(record.Key!, codec.Encode(record.Topic, record.Value), record.Offset))];
            if (await store.WriteAsync(partition.Key, Known(partition.Key), profiles) == WriteOutcome.Behind) await RestoreAsync(partition.Key, stopping);
            else _known[partition.Key] = profiles[^1].Offset;
            foreach (var profileId in split) jobs.Found(partition.Key, profileId);
        }));
        foreach (var report in view.Splitting.Reports) await splits.ReportAsync(report);
    }

    public override void Revoked(IReadOnlyList<TopicPartition> partitions) => jobs.Revoked([.. partitions.Select(partition => partition.Partition.Value).Distinct()]);

    /// <summary>Both inputs have the same partitions, and what is folded from either is in the one partition of the profiles topic with that number.</summary>
    public override Task AssignedAsync(IReadOnlyList<TopicPartition> partitions, CancellationToken stopping) => Parallel.ForEachAsync(
        partitions.Select(partition => partition.Partition.Value).Distinct(),
        new ParallelOptions { MaxDegreeOfParallelism = ParallelCatchUps, CancellationToken = stopping },
        async (partition, _) =>
        {
            await CatchUpAsync(partition, stopping);
            foreach (var profileId in await splits.ListAsync(partition)) jobs.Found(partition, profileId);
        });

    public override bool IsOutage(Exception exception) => Redis.IsOutage(exception) || base.IsOutage(exception);

    private long Known(int partition) => _known.GetValueOrDefault(partition, ProfileStore.Nowhere);

    /// <summary>
    /// A fold must start from the last state that was committed. The write of the batch before has succeeded, or the loop would not have gone on; so Redis
    /// can only lack it if it has lost it since, by a restart from an older file: then the log has it.
    /// </summary>
    private async Task<(int Partition, IReadOnlyList<(string ProfileId, byte[]? Bytes)> Profiles)> ReadAsync(int partition, IReadOnlyList<string> profileIds, CancellationToken stopping)
    {
        while (true)
        {
            if (await store.ReadAsync(partition, profileIds, Known(partition)) is { } profiles) return (partition, profiles);
            await RestoreAsync(partition, stopping);
        }
    }

    private Task RestoreAsync(int partition, CancellationToken stopping)
    {
        LogFellBack(partition, Known(partition));
        return CatchUpAsync(partition, stopping);
    }

    private async Task CatchUpAsync(int partition, CancellationToken stopping)
    {
        var known = await store.PositionAsync(partition);
        var reached = await Changelog.ReadAsync(kafka, codec, Topics.Profiles, partition, known + 1, async changes =>
        {
            if (changes.Count == 0) return;
            await splits.AddAsync(partition, [.. changes.Where(change => change.Value is Profile { pending.Count: > 0 }).Select(change => change.Key!)]);
            StoredProfile[] profiles = [.. changes.Select(change => new StoredProfile(change.Key!, change.Value is { } value ? codec.Encode(Topics.Profiles, value) : null, change.Offset))];
            await WriteAsync(store.WriteAsync(partition, known, profiles));
            known = profiles[^1].Offset;
        }, stopping);
        await WriteAsync(store.MoveAsync(partition, known, reached - 1));
        _known[partition] = reached - 1;

        async Task WriteAsync(Task<WriteOutcome> write)
        {
            if (await write == WriteOutcome.Behind) throw new IOException($"Redis lost profiles of partition {partition} while they were caught up from the log");
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis fell back behind offset {Offset} of profiles partition {Partition}; catching it up from the log")]
    private partial void LogFellBack(int partition, long offset);
}
