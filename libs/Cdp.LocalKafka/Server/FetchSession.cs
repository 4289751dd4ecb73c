using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>
/// What a consumer fetches again and again (KIP-227): it names its partitions once, then only what changes, and is answered with
/// those that have news. Not thread-safe: <see cref="FetchSessions"/> guards it.
/// </summary>
internal sealed class FetchSession(int id, bool byId, DateTimeOffset now)
{
    private readonly OrderedDictionary<Key, Interest> _interests = [];

    public int Id { get; } = id;

    /// <summary>Whether it names topics by id; a client does not change that within a session.</summary>
    public bool ById { get; } = byId;

    /// <summary>The epoch the next request must have: 1 after the session's first request, which has 0.</summary>
    public int Epoch { get; private set; } = 1;
    public DateTimeOffset LastUsed { get; private set; } = now;
    public bool IsEmpty => _interests.Count == 0;

    /// <summary>Takes over what a request changes.</summary>
    public void Update(FetchRequest request)
    {
        foreach (var topic in request.Topics ?? [])
            foreach (var partition in topic.Partitions ?? [])
            {
                var key = new Key(topic.Topic, topic.TopicId, partition.Partition);
                _interests[key] = _interests.TryGetValue(key, out var known) ? known with { Asked = partition } : new Interest(partition, -1, -1);
            }
        foreach (var topic in request.ForgottenTopicsData ?? [])
            foreach (var partition in topic.Partitions ?? []) _interests.Remove(new Key(topic.Topic, topic.TopicId, partition));
    }

    public void Advance(DateTimeOffset now) => (Epoch, LastUsed) = (Epoch == int.MaxValue ? 1 : Epoch + 1, now);

    /// <summary>All partitions, the ones that were longest without records first.</summary>
    public List<FetchTopic> Wanted()
    {
        var wanted = new List<FetchTopic>();
        foreach (var (key, interest) in _interests)
        {
            if (wanted.Count == 0 || wanted[^1].Topic != key.Topic || wanted[^1].TopicId != key.Id) wanted.Add(new FetchTopic { Topic = key.Topic, TopicId = key.Id });
            wanted[^1].Partitions!.Add(interest.Asked);
        }
        return wanted;
    }

    /// <summary>Remembers what the answer tells, and with <paramref name="onlyNews"/> leaves in it only what was not told before.</summary>
    public void Told(FetchResponse answer, bool onlyNews)
    {
        foreach (var topic in answer.Responses!)
        {
            var told = topic.Partitions!.FindAll(partition => Told(new Key(topic.Topic, topic.TopicId, partition.PartitionIndex), partition));
            if (onlyNews) topic.Partitions = told;
        }
        answer.Responses.RemoveAll(topic => topic.Partitions!.Count == 0);
    }

    private bool Told(Key key, PartitionData data)
    {
        if (!_interests.TryGetValue(key, out var known)) return true; // forgotten by a request that came in between
        var failed = data.ErrorCode != ErrorCode.None;
        var records = data.Records.Stored.Length > 0;
        var now = known with { HighWatermark = failed ? -1 : data.HighWatermark, LogStartOffset = data.LogStartOffset };
        if (records) _interests.Remove(key); // to the end, so that the others are not starved
        _interests[key] = now;
        return failed || records || now != known;
    }

    private readonly record struct Key(string Topic, Guid Id, int Partition);

    /// <param name="HighWatermark">As told last; -1 when never, or when the last was an error, which has to be taken back.</param>
    private readonly record struct Interest(FetchPartition Asked, long HighWatermark, long LogStartOffset);
}
