using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Handles fetches and waits if there are fewer records than the consumer wants. Supports fetch sessions (KIP-227).</summary>
internal sealed class FetchApi(TopicStore topics, TimeProvider time)
{
    /// <summary>The most bytes in one response, whatever the client accepts (Kafka's fetch.max.bytes). A larger batch is returned alone.</summary>
    public const int MaxBytes = 55 << 20;
    private const short FirstWithIds = 13;
    private const sbyte ReadCommitted = 1;
    private readonly FetchSessions _sessions = new(time);

    // Clients of versions before 4 cannot read batches v2.
    public Api Row => Api.Of<FetchRequest>(ApiKey.Fetch, 4, 17, 12, Answer);

    private async Task<IWireFields?> Answer(RequestContext context, FetchRequest request)
    {
        var byId = context.ApiVersion >= FirstWithIds;
        var (error, asked, session) = _sessions.Enter(request, byId);
        if (error != ErrorCode.None) return new FetchResponse { ErrorCode = error };
        return _sessions.Leave(request, byId, session, await Fetch(context, request, Wanted(asked, byId)).ConfigureAwait(false));
    }

    private async Task<FetchResponse> Fetch(RequestContext context, FetchRequest request, List<WantedTopic> wanted)
    {
        var response = Read(request, wanted, out var complete);
        if (complete || request.MaxWaitMs <= 0) return response;

        using var signal = new AppendSignal(time, TimeSpan.FromMilliseconds(request.MaxWaitMs));
        var logs = wanted.SelectMany(topic => topic.Logs).OfType<PartitionLog>().ToList();
        foreach (var log in logs) log.Watch(signal);
        try
        {
            while (true)
            {
                // Look again before the first wait: a record may have been appended before the watch began.
                response = Read(request, wanted, out complete);
                if (complete || !await signal.Wait(context.ConnectionClosed).ConfigureAwait(false)) return response;
            }
        }
        finally
        {
            foreach (var log in logs) log.Unwatch(signal);
        }
    }

    private List<WantedTopic> Wanted(List<FetchTopic> askedTopics, bool byId)
    {
        var wanted = new List<WantedTopic>();
        foreach (var asked in askedTopics)
        {
            var topic = byId ? topics.Find(asked.TopicId) : topics.Find(asked.Topic);
            var missing = topic is null && byId ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            wanted.Add(new WantedTopic(asked, [.. (asked.Partitions ?? []).Select(partition => topic?.Partition(partition.Partition))], missing));
        }
        return wanted;
    }

    /// <summary>Reads the available records. <paramref name="complete"/> is true if that is enough, or if there is an error to report immediately.</summary>
    private static FetchResponse Read(FetchRequest request, List<WantedTopic> wanted, out bool complete)
    {
        var response = new FetchResponse();
        var maxBytes = Math.Min(request.MaxBytes, MaxBytes);
        var (total, failed) = (0, false);
        foreach (var topic in wanted)
        {
            var partitions = new List<PartitionData>(topic.Logs.Count);
            for (var i = 0; i < topic.Logs.Count; i++)
            {
                var asked = topic.Asked.Partitions![i];
                var data = topic.Logs[i] is not { } log
                    ? new PartitionData { PartitionIndex = asked.Partition, ErrorCode = topic.Missing, HighWatermark = -1 }
                    : Read(
                        log, asked, Math.Min(asked.PartitionMaxBytes, maxBytes - total), first: total == 0, request.IsolationLevel == ReadCommitted);
                total += data.Records.Stored.Length;
                failed |= data.ErrorCode != ErrorCode.None;
                partitions.Add(data);
            }
            response.Responses!.Add(new FetchableTopicResponse { Topic = topic.Asked.Topic, TopicId = topic.Asked.TopicId, Partitions = partitions });
        }
        complete = failed || total >= Math.Min(request.MinBytes, maxBytes) || wanted.Count == 0;
        return response;
    }

    private static PartitionData Read(PartitionLog log, FetchPartition asked, int maxBytes, bool first, bool committedOnly)
    {
        if (BrokerNode.EpochProblem(asked.CurrentLeaderEpoch) is var problem and not ErrorCode.None)
            return new PartitionData { PartitionIndex = asked.Partition, ErrorCode = problem, HighWatermark = -1 };
        var read = log.Read(asked.FetchOffset, Math.Max(0, maxBytes), wholeFirst: first, committedOnly);
        return new PartitionData
        {
            PartitionIndex = asked.Partition,
            ErrorCode = read.Error,
            HighWatermark = read.HighWatermark,
            LastStableOffset = read.LastStableOffset,
            LogStartOffset = read.StartOffset,
            AbortedTransactions = read.Aborted?.ConvertAll(
                aborted => new AbortedProducer { ProducerId = aborted.ProducerId, FirstOffset = aborted.FirstOffset }),
            Records = read.Slice.Length > 0 ? new Records(null, read.Slice) : new Records(ReadOnlyMemory<byte>.Empty, FileSlice.Empty),
        };
    }

    /// <param name="Asked">The topic as requested.</param>
    /// <param name="Logs">One log for each requested partition. Null if the partition does not exist.</param>
    /// <param name="Missing">The error for partitions that do not exist.</param>
    private readonly record struct WantedTopic(FetchTopic Asked, List<PartitionLog?> Logs, ErrorCode Missing);
}
