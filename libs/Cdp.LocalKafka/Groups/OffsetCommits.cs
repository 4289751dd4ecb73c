using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;
using Cdp.LocalKafka.Protocol.Transactions;

namespace Cdp.LocalKafka.Groups;

/// <summary>Handles commits and fetches of group offsets.</summary>
internal sealed class OffsetCommits(TopicStore topics, OffsetStore store, GroupCoordinator groups, GroupOptions options)
{
    public OffsetCommitResponse Commit(OffsetCommitRequest request, short version)
    {
        var offsets = (request.Topics ?? []).SelectMany(topic => (topic.Partitions ?? []).Select(p =>
            new OffsetToCommit(new TopicPartition(topic.Name, p.PartitionIndex), p.CommittedOffset, p.CommittedLeaderEpoch, p.CommittedMetadata)));

        // Clients of versions up to 8 do not know GROUP_ID_NOT_FOUND.
        var unknown = version >= 9 ? ErrorCode.GroupIdNotFound : ErrorCode.IllegalGeneration;
        return new OffsetCommitResponse
        {
            Topics = Commit(
                request.GroupId, request.GenerationId, [.. offsets], unknown,
                (group, now) => group.ValidateCommit(request.MemberId, request.GroupInstanceId, request.GenerationId, transactional: false, now),
                (group, toCommit) => store.Commit(group, toCommit, request.RetentionTimeMs == -1 ? null : request.RetentionTimeMs)),
        };
    }

    /// <summary>
    /// Stores offsets as part of a transaction. The caller has verified that the transaction covers them, and prevents it from ending meanwhile.
    /// </summary>
    public List<CommittedTopic> CommitPending(TxnOffsetCommitRequest request) => Commit(
        request.GroupId, request.GenerationId, OffsetsOf(request), ErrorCode.IllegalGeneration,
        (group, now) => group.ValidateCommit(request.MemberId, request.GroupInstanceId, request.GenerationId, transactional: true, now),
        (group, offsets) => store.CommitPending(group, offsets, request.ProducerId, request.ProducerEpoch));

    /// <summary>Builds a response with the same error for every partition of the request.</summary>
    public static List<CommittedTopic> Refuse(TxnOffsetCommitRequest request, ErrorCode error) => Response(OffsetsOf(request), _ => error);

    /// <summary>Makes the offsets of a transaction visible or discards them. Call after the marker is in the log.</summary>
    public void EndTransaction(long producerId, bool commit) => store.EndTransaction(producerId, commit);

    /// <summary>
    /// Removes the offsets of a deleted topic, because a new topic of the same name starts at offset 0. Offsets whose removal cannot be written
    /// stay, as in Kafka.
    /// </summary>
    public void ForgetTopic(string topic)
    {
        foreach (var group in groups.Groups)
            lock (group.Gate) store.Remove(group, [.. group.Offsets.Partitions.Where(p => p.Topic == topic)]);
    }

    public OffsetFetchResponse Fetch(OffsetFetchRequest request, short version)
    {
        if (version < 8) return new OffsetFetchResponse { Topics = Fetch(request.GroupId, request.Topics, request.RequireStable) };
        return new OffsetFetchResponse
        {
            Groups = (request.Groups ?? []).ConvertAll(group => new FetchedOffsetGroup
            {
                GroupId = group.GroupId,
                Topics = Fetch(group.GroupId, group.Topics, request.RequireStable),
            }),
        };
    }

    private List<CommittedTopic> Commit(
        string groupId, int generation, List<OffsetToCommit> offsets, ErrorCode unknownGroup,
        Func<Group, long, ErrorCode> validate, Func<Group, IReadOnlyList<OffsetToCommit>, ErrorCode> append)
    {
        var unknown = offsets.Where(o => topics.Find(o.Partition.Topic)?.Partition(o.Partition.Partition) is null).ToHashSet();
        if (unknown.Count == offsets.Count) return Response(offsets, _ => ErrorCode.UnknownTopicOrPartition);

        // A negative generation means that the client does not use group management. Its first commit creates the group.
        var group = generation < 0 ? groups.GetOrCreate(groupId) : groups.Find(groupId);
        var error = group is null ? unknownGroup : groups.Locked(group, now =>
        {
            var invalid = validate(group, now);
            return invalid == ErrorCode.None ? append(group, [.. offsets.Where(o => !unknown.Contains(o) && !IsTooLong(o))]) : invalid;
        });
        return Response(offsets, o =>
            unknown.Contains(o) ? ErrorCode.UnknownTopicOrPartition
            : error == ErrorCode.None && IsTooLong(o) ? ErrorCode.OffsetMetadataTooLarge
            : error);
    }

    private bool IsTooLong(OffsetToCommit offset) => offset.Metadata?.Length > options.OffsetMetadataMaxBytes;

    private List<FetchedOffsetTopic> Fetch(string groupId, List<OffsetFetchTopic>? wanted, bool requireStable)
    {
        if (groups.Find(groupId) is not { } group)
            return (wanted ?? []).ConvertAll(topic => Topic(topic.Name, topic.PartitionIndexes, p => new FetchedOffset { PartitionIndex = p }));
        lock (group.Gate)
        {
            wanted ??= [.. group.Offsets.Committed.Keys.GroupBy(p => p.Topic)
                .Select(topic => new OffsetFetchTopic { Name = topic.Key, PartitionIndexes = [.. topic.Select(p => p.Partition)] })];
            return wanted.ConvertAll(topic => Topic(
                topic.Name, topic.PartitionIndexes, p => Fetched(group.Offsets, new TopicPartition(topic.Name, p), requireStable)));
        }
    }

    private static FetchedOffsetTopic Topic(string name, List<int>? partitions, Converter<int, FetchedOffset> fetched) =>
        new() { Name = name, Partitions = (partitions ?? []).ConvertAll(fetched) };

    private static FetchedOffset Fetched(GroupOffsets offsets, TopicPartition partition, bool requireStable)
    {
        if (requireStable && offsets.IsPending(partition))
            return new FetchedOffset { PartitionIndex = partition.Partition, ErrorCode = ErrorCode.UnstableOffsetCommit };
        return offsets.Committed.GetValueOrDefault(partition) is { } committed
            ? new FetchedOffset
            {
                PartitionIndex = partition.Partition,
                CommittedOffset = committed.Offset,
                CommittedLeaderEpoch = committed.LeaderEpoch,
                Metadata = committed.Metadata,
            }
            : new FetchedOffset { PartitionIndex = partition.Partition };
    }

    private static List<OffsetToCommit> OffsetsOf(TxnOffsetCommitRequest request) =>
    [
        .. from topic in request.Topics ?? []
           from p in topic.Partitions ?? []
           select new OffsetToCommit(new TopicPartition(topic.Name, p.PartitionIndex), p.CommittedOffset, p.CommittedLeaderEpoch, p.CommittedMetadata),
    ];

    private static List<CommittedTopic> Response(List<OffsetToCommit> offsets, Func<OffsetToCommit, ErrorCode> error) =>
    [
        .. offsets.GroupBy(o => o.Partition.Topic).Select(topic => new CommittedTopic
        {
            Name = topic.Key,
            Partitions = [.. topic.Select(o => new CommittedPartition { PartitionIndex = o.Partition.Partition, ErrorCode = error(o) })],
        }),
    ];
}
