using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;

namespace Cdp.LocalKafka.Apis;

/// <summary>
/// A consumer's fetch session (KIP-227): the client lists its partitions once, then sends only changes, and responses contain only partitions with changes. Not
/// thread-safe: guarded by <see cref="FetchSessions"/>.
/// </summary>
internal sealed class FetchSession(int id, bool byId, DateTimeOffset now)
{
    private readonly OrderedDictionary<Key, Interest> _interests = [];

    public int Id { get; } = id;

    /// <summary>Whether the client identifies topics by id. This does not change within a session.</summary>
    public bool ById { get; } = byId;

    /// <summary>The epoch that the next request must have. It is 1 after the session's first request, which has epoch 0.</summary>
    public int Epoch { get; private set; } = 1;
    public DateTimeOffset LastUsed { get; private set; } = now;
    public bool IsEmpty => _interests.Count == 0;

    /// <summary>Applies the changes in a request.</summary>
    public void Update(FetchRequest request)
    {
        foreach (var topic in request.Topics ?? [])
            foreach (var partition in topic.Partitions ?? [])
            {
                var key = new Key(topic.Topic, topic.TopicId, partition.Partition);
                _interests[key] = _interests.TryGetValue(key, out var known)
                    ? known with { Asked = partition }
                    : new Interest(partition, HighWatermark: -1, LogStartOffset: -1);
            }
        foreach (var topic in request.ForgottenTopicsData ?? [])
            foreach (var partition in topic.Partitions ?? []) _interests.Remove(new Key(topic.Topic, topic.TopicId, partition));
    }

    public void Advance(DateTimeOffset now) => (Epoch, LastUsed) = (Epoch == int.MaxValue ? 1 : Epoch + 1, now);

    /// <summary>All partitions, starting with those that have been without records the longest.</summary>
    public List<FetchTopic> Wanted()
    {
        var wanted = new List<FetchTopic>();
        foreach (var (key, interest) in _interests)
        {
            if (wanted.Count == 0 || wanted[^1].Topic != key.Topic || wanted[^1].TopicId != key.Id)
                wanted.Add(new FetchTopic { Topic = key.Topic, TopicId = key.Id });
            wanted[^1].Partitions!.Add(interest.Asked);
        }
        return wanted;
    }

    /// <summary>
    /// Records the values that the response reports to the client. With <paramref name="onlyNews"/>, removes everything that the client already knows.
    /// </summary>
    public void NoteSent(FetchResponse response, bool onlyNews)
    {
        foreach (var topic in response.Responses!)
        {
            var news = topic.Partitions!.FindAll(partition => NoteSent(new Key(topic.Topic, topic.TopicId, partition.PartitionIndex), partition));
            if (onlyNews) topic.Partitions = news;
        }
        response.Responses.RemoveAll(topic => topic.Partitions!.Count == 0);
    }

    private bool NoteSent(Key key, PartitionData data)
    {
        if (!_interests.TryGetValue(key, out var known)) return true; // removed by a request that came in between
        var failed = data.ErrorCode != ErrorCode.None;
        var records = data.Records.Stored.Length > 0;
        var now = known with { HighWatermark = failed ? -1 : data.HighWatermark, LogStartOffset = data.LogStartOffset };
        if (records) _interests.Remove(key); // moves it to the end, so that the other partitions are not starved
        _interests[key] = now;
        return failed || records || now != known;
    }

    private readonly record struct Key(string Topic, Guid Id, int Partition);

    /// <param name="Asked">The partition as requested.</param>
    /// <param name="HighWatermark">The last value sent. -1 if there was none, or if the last response was an error that has to be retracted.</param>
    /// <param name="LogStartOffset">The last value sent. -1 if there was none.</param>
    private readonly record struct Interest(FetchPartition Asked, long HighWatermark, long LogStartOffset);
}
