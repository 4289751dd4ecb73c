using System.Collections.Concurrent;
using System.Globalization;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Topics;

/// <summary>
/// The topics of a data directory: <c>topics.json</c> lists them, <c>logs/NAME-PARTITION/</c> holds their segments. Logs are created before the file
/// lists their topic and removed after it no longer does, so a crash or failure in between leaves only unlisted directories. A change that cannot be
/// written has no effect. Thread-safe.
/// </summary>
internal sealed class TopicStore
{
    public const string OffsetsTopic = "__consumer_offsets";
    public const string TransactionsTopic = "__transaction_state";

    // The segments are as small as in Kafka, because the last segment is never compacted. Only the broker writes to these topics; its largest record
    // is a group's assignment.
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

    /// <summary>Created with the directory and kept, so that clients notice when another cluster is behind the same address.</summary>
    public string ClusterId { get; private set; } = "";

    public IReadOnlyCollection<Topic> All => [.. _byName.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal)];

    /// <summary>Opens the topics of a directory that no other broker has open. The first start creates the internal topics.</summary>
    /// <exception cref="InvalidDataException">
    /// The directory is damaged or has a newer format. The message names the file and what to do about it.
    /// </exception>
    public static TopicStore Open(string dataDirectory, TimeProvider time, bool flushEveryAppend = false)
    {
        Directory.CreateDirectory(dataDirectory);
        var store = new TopicStore(dataDirectory, time, flushEveryAppend);
        Directory.CreateDirectory(store._logs);
        var content = store._file.Read();
        store.ClusterId = content.ClusterId;
        store.RemoveUnlisted(content.Topics);
        foreach (var entry in content.Topics) store.Put(store.OpenTopic(entry));
        foreach (var name in (string[])[OffsetsTopic, TransactionsTopic])
            if (store.Find(name) is null) store.Create(name, 1, InternalConfigs);
        return store;
    }

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>Creates a topic. The caller has validated name, partition count and configs.</summary>
    /// <returns>TOPIC_ALREADY_EXISTS, or the new topic.</returns>
    public (ErrorCode Error, Topic? Topic) Create(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        lock (_changing)
        {
            if (_byName.ContainsKey(name)) return (ErrorCode.TopicAlreadyExists, null);
            var empty = new Topic(name, Guid.NewGuid(), new SortedDictionary<string, string>(configs.ToDictionary(), StringComparer.Ordinal), []);
            return (ErrorCode.None, Extend(empty, partitions));
        }
    }

    /// <summary>Adds partitions to a topic until it has <paramref name="count"/>. Returns false if it does not exist or has that many already.</summary>
    public bool Grow(string name, int count)
    {
        lock (_changing)
        {
            if (Find(name) is not { } topic || topic.Partitions.Count >= count) return false;
            Extend(topic, count);
            return true;
        }
    }

    /// <summary>
    /// Replaces a topic's configs by the result of <paramref name="change"/>, which gets the current ones, and applies them to its logs. Runs under the
    /// lock, so concurrent changes do not overwrite each other. If <paramref name="change"/> returns null, nothing changes.
    /// </summary>
    public void Configure(string name, Func<IReadOnlyDictionary<string, string>, SortedDictionary<string, string>?> change)
    {
        lock (_changing)
        {
            if (Find(name) is not { } topic || change(topic.Configs) is not { } configs) return;
            var changed = topic with { Configs = configs };
            Save([.. Others(name), changed]);
            Put(changed);
            var settings = Settings(changed);
            foreach (var partition in topic.Partitions) partition.Configure(settings);
        }
    }

    /// <summary>
    /// Finds a topic whose name differs from <paramref name="name"/> only in '.' and '_', which are the same in metric names. Null if there is none.
    /// </summary>
    public Topic? FindColliding(string name) =>
        All.FirstOrDefault(topic => topic.Name != name && topic.Name.Replace('.', '_') == name.Replace('.', '_'));

    /// <summary>Removes a topic, and its files as far as possible. Returns false if there is no such topic.</summary>
    public bool Delete(string name)
    {
        lock (_changing)
        {
            if (Find(name) is not { } topic) return false;
            Save([.. Others(name)]);
            _byName.TryRemove(name, out _);
            _byId.TryRemove(topic.Id, out _);
            Remove(topic.Partitions);
            return true;
        }
    }

    /// <summary>Ends all appends, reads and changes. Without <paramref name="flush"/>, the result is the same as if the process were killed.</summary>
    public void Close(bool flush)
    {
        lock (_changing)
        {
            _closed = true;
            foreach (var topic in _byName.Values)
                foreach (var partition in topic.Partitions) partition.Close(flush);
        }
    }

    /// <summary>Adds partitions to a new or existing topic until it has <paramref name="count"/>. On failure nothing has changed.</summary>
    private Topic Extend(Topic topic, int count)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        var settings = Settings(topic);
        var made = new List<PartitionLog>();
        try
        {
            for (var i = topic.Partitions.Count; i < count; i++)
            {
                var directory = LogDirectory(topic.Name, i);
                if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true); // left over from a topic that could not be removed
                made.Add(PartitionLog.Open(directory, i, settings));
            }
            var extended = topic with { Partitions = [.. topic.Partitions, .. made] };
            Save([.. Others(topic.Name), extended]);
            Put(extended);
            return extended;
        }
        catch
        {
            Remove(made);
            throw;
        }
    }

    private static void Remove(IReadOnlyList<PartitionLog> logs)
    {
        foreach (var log in logs)
        {
            try
            {
                log.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The log is closed. Its files are removed at the next start, or when a topic of the same name is created.
            }
        }
    }

    private IEnumerable<Topic> Others(string name) => _byName.Values.Where(topic => topic.Name != name);

    private void Save(List<Topic> topics)
    {
        // After Close, another broker may already use the directory.
        ObjectDisposedException.ThrowIf(_closed, this);
        var entries = topics.OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .Select(topic => new TopicEntry(topic.Name, topic.Id, topic.Partitions.Count, topic.Configs));
        _file.Write(ClusterId, [.. entries]);
    }

    private void Put(Topic topic)
    {
        _byId[topic.Id] = topic;
        _byName[topic.Name] = topic;
    }

    private Topic OpenTopic(TopicEntry entry)
    {
        var topic = new Topic(entry.Name, entry.Id, entry.Configs, []);
        var settings = Settings(topic);
        var partitions = Enumerable.Range(0, entry.Partitions).Select(i => PartitionLog.Open(LogDirectory(entry.Name, i), i, settings));
        return topic with { Partitions = [.. partitions] };
    }

    private LogSettings Settings(Topic topic) => TopicConfig.Settings(topic.Configs, _time, _flushEveryAppend);

    private void RemoveUnlisted(IEnumerable<TopicEntry> entries)
    {
        var listed = entries.SelectMany(entry => Enumerable.Range(0, entry.Partitions).Select(i => LogDirectory(entry.Name, i)))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var directory in Directory.GetDirectories(_logs))
            if (!listed.Contains(directory)) Directory.Delete(directory, recursive: true);
    }

    private string LogDirectory(string topic, int partition) =>
        Path.Combine(_logs, string.Create(CultureInfo.InvariantCulture, $"{topic}-{partition}"));
}
