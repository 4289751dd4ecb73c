using System.Collections.Concurrent;
using System.Globalization;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>
/// The topics in a data directory: <c>topics.json</c> names them, <c>logs/NAME-PARTITION/</c> holds their segments. The file is
/// written before a topic's logs are made and before they are removed, so a crash in between leaves only directories nobody names.
/// Thread-safe.
/// </summary>
internal sealed class TopicStore
{
    public const string OffsetsTopic = "__consumer_offsets";
    public const string TransactionsTopic = "__transaction_state";

    // Segments as small as in Kafka, for what is in the last one is never compacted. Nobody but the broker writes here, and its largest
    // record is a group's assignment.
    private static readonly Dictionary<string, string> InternalConfigs = new()
    {
        [TopicConfig.CleanupPolicy] = "compact",
        [TopicConfig.SegmentBytes] = "104857600",
        [TopicConfig.MaxMessageBytes] = "104857600",
    };

    private readonly Lock _changing = new();
    private readonly ConcurrentDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, Topic> _byId = new();
    private readonly TopicFile _file;
    private readonly string _logs;
    private readonly TimeProvider _time;
    private readonly bool _flushEveryAppend;
    private bool _closed;

    private TopicStore(string dataDirectory, TimeProvider time, bool flushEveryAppend)
    {
        _file = new TopicFile(Path.Combine(dataDirectory, "topics.json"));
        _logs = Path.Combine(dataDirectory, "logs");
        _time = time;
        _flushEveryAppend = flushEveryAppend;
    }

    /// <summary>Made with the directory and kept, so that clients notice another cluster behind the same address.</summary>
    public string ClusterId { get; private set; } = "";

    public IReadOnlyCollection<Topic> All => [.. _byName.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal)];

    /// <summary>Opens the topics of a directory that no other broker has open; the first start makes the internal ones.</summary>
    /// <exception cref="InvalidDataException">What is on disk is damaged or of a newer format; the message names the file and the remedy.</exception>
    public static TopicStore Open(string dataDirectory, TimeProvider time, bool flushEveryAppend = false)
    {
        Directory.CreateDirectory(dataDirectory);
        var store = new TopicStore(dataDirectory, time, flushEveryAppend);
        Directory.CreateDirectory(store._logs);
        var content = store._file.Read();
        store.ClusterId = content.ClusterId;
        store.RemoveUnnamed(content.Topics);
        foreach (var entry in content.Topics) store.Put(store.OpenTopic(entry));
        foreach (var name in (string[])[OffsetsTopic, TransactionsTopic])
            if (store.Find(name) is null) store.Create(name, 1, InternalConfigs);
        return store;
    }

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>Makes a topic. The caller has checked name, count and configs.</summary>
    /// <returns>TOPIC_ALREADY_EXISTS, or the new topic.</returns>
    public (ErrorCode Error, Topic? Topic) Create(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_byName.ContainsKey(name)) return (ErrorCode.TopicAlreadyExists, null);
            var entry = new TopicEntry(name, Guid.NewGuid(), partitions, new SortedDictionary<string, string>(configs.ToDictionary(), StringComparer.Ordinal));
            RemoveLogs(name, 0, partitions);
            _file.Write(ClusterId, [.. All.Select(Entry), entry]);
            var topic = OpenTopic(entry);
            Put(topic);
            return (ErrorCode.None, topic);
        }
    }

    /// <summary>Adds partitions to a topic until it has <paramref name="count"/>; false when it is gone or has as many already.</summary>
    public bool Grow(string name, int count)
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (Find(name) is not { } topic || topic.Partitions.Count >= count) return false;
            RemoveLogs(name, topic.Partitions.Count, count);
            Save(Entry(topic) with { Partitions = count });
            Put(topic with { Partitions = [.. topic.Partitions, .. OpenLogs(name, topic.Partitions.Count, count, topic.Configs)] });
            return true;
        }
    }

    /// <summary>
    /// Sets a topic's configs to what <paramref name="change"/> makes of the present ones, under the lock so that no two changes meet;
    /// its logs go by them at once. Null leaves all as it is.
    /// </summary>
    public void Configure(string name, Func<IReadOnlyDictionary<string, string>, SortedDictionary<string, string>?> change)
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (Find(name) is not { } topic || change(topic.Configs) is not { } configs) return;
            Save(Entry(topic) with { Configs = configs });
            Put(topic with { Configs = configs });
            var settings = TopicConfig.Settings(configs, _time, _flushEveryAppend);
            foreach (var partition in topic.Partitions) partition.Configure(settings);
        }
    }

    /// <summary>A topic whose name differs from <paramref name="name"/> only in '.' and '_', which metric names cannot tell apart; or null.</summary>
    public Topic? Alike(string name) => All.FirstOrDefault(topic => topic.Name != name && topic.Name.Replace('.', '_') == name.Replace('.', '_'));

    /// <summary>Removes a topic, and its files as far as the system lets it. False when there is none of that name.</summary>
    public bool Delete(string name)
    {
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (Find(name) is not { } topic) return false;
            _file.Write(ClusterId, [.. All.Where(other => other.Name != name).Select(Entry)]);
            _byName.TryRemove(name, out _);
            _byId.TryRemove(topic.Id, out _);
            foreach (var partition in topic.Partitions) Remove(partition);
            return true;
        }
    }

    /// <summary>Ends all appends, reads and changes; without <paramref name="flush"/>, as a killed process would.</summary>
    public void Close(bool flush)
    {
        lock (_changing)
        {
            _closed = true;
            foreach (var topic in _byName.Values)
                foreach (var partition in topic.Partitions) partition.Close(flush);
        }
    }

    private static TopicEntry Entry(Topic topic) => new(topic.Name, topic.Id, topic.Partitions.Count, topic.Configs);

    private void Save(TopicEntry changed) => _file.Write(ClusterId, [.. All.Select(topic => topic.Name == changed.Name ? changed : Entry(topic))]);

    private void Put(Topic topic)
    {
        _byId[topic.Id] = topic;
        _byName[topic.Name] = topic;
    }

    private Topic OpenTopic(TopicEntry entry) => new(entry.Name, entry.Id, entry.Configs, [.. OpenLogs(entry.Name, 0, entry.Partitions, entry.Configs)]);

    private IEnumerable<PartitionLog> OpenLogs(string topic, int from, int until, IReadOnlyDictionary<string, string> configs)
    {
        var settings = TopicConfig.Settings(configs, _time, _flushEveryAppend);
        return Enumerable.Range(from, until - from).Select(i => PartitionLog.Open(LogDirectory(topic, i), i, settings));
    }

    private static void Remove(PartitionLog log)
    {
        try
        {
            log.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The topic is gone all the same. What is left of it goes with the next start, or before the next topic of the name.
        }
    }

    // What a deletion or a creation that failed half way left there: not the new topic's.
    private void RemoveLogs(string topic, int from, int until)
    {
        foreach (var directory in Enumerable.Range(from, until - from).Select(i => LogDirectory(topic, i)).Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
    }

    private void RemoveUnnamed(IEnumerable<TopicEntry> entries)
    {
        var named = entries.SelectMany(entry => Enumerable.Range(0, entry.Partitions).Select(i => LogDirectory(entry.Name, i))).ToHashSet(StringComparer.Ordinal);
        foreach (var directory in Directory.GetDirectories(_logs))
            if (!named.Contains(directory)) Directory.Delete(directory, recursive: true);
    }

    private string LogDirectory(string topic, int partition) =>
        Path.Combine(_logs, string.Create(CultureInfo.InvariantCulture, $"{topic}-{partition}"));
}
