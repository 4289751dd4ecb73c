using System.Globalization;
using Cdp.LocalKafka.Log.Batches;
using static Cdp.LocalKafka.Log.Configuration.ConfigType;

namespace Cdp.LocalKafka.Log.Configuration;

/// <summary>
/// The configs of topics: the names, defaults and bounds of Apache Kafka 4.0 (LogConfig; KIP-1030 for the bounds of 4.0), without tiered storage.
/// Some have no meaning on a single node. They are stored and shown so that scripts written for Kafka work.
/// </summary>
internal static class TopicConfig
{
    public const string CleanupPolicy = "cleanup.policy";
    public const string MaxMessageBytes = "max.message.bytes";
    public const string SegmentBytes = "segment.bytes";
    private const string CompressionType = "compression.type";
    private const string MinCompactionLag = "min.compaction.lag.ms";
    private const string MaxCompactionLag = "max.compaction.lag.ms";
    private const string TimestampType = "message.timestamp.type";
    private const string Forever = "9223372036854775807";

    private static readonly SortedDictionary<string, ConfigDefinition> Known = new(((ConfigDefinition[])
    [
        new(CleanupPolicy, List, "delete", "log.cleanup.policy",
            "What happens to old segments: delete drops them by age and size, compact keeps the last record of each key.", Choices: ["delete", "compact"]),
        new("compression.gzip.level", Int, "-1", "compression.gzip.level", "The level if compression.type is gzip.", -1, 9),
        new("compression.lz4.level", Int, "9", "compression.lz4.level", "The level if compression.type is lz4.", 1, 17),
        new(CompressionType, ConfigType.String, "producer", "compression.type",
            "The codec in which batches are stored; producer keeps the codec of each batch.",
            Choices: ["uncompressed", "gzip", "snappy", "lz4", "zstd", "producer"]),
        new("compression.zstd.level", Int, "3", "compression.zstd.level", "The level if compression.type is zstd.", -131072, 22),
        new("delete.retention.ms", Long, "86400000", "log.cleaner.delete.retention.ms", "How long a compacted topic keeps the tombstone of a deleted key.", 0),
        new("file.delete.delay.ms", Long, "60000", "log.segment.delete.delay.ms", "How long the file of a deleted segment stays.", 0),
        new("flush.messages", Long, Forever, "log.flush.interval.messages", "After how many records the log is flushed to disk.", 1),
        new("flush.ms", Long, Forever, null, "How long before the log is flushed to disk.", 0),
        new("follower.replication.throttled.replicas", List, "", null, "Replicas whose fetching is throttled; no effect on a single node."),
        new("index.interval.bytes", Int, "4096", "log.index.interval.bytes", "About how many bytes of the log are between two entries of its index.", 0),
        new("leader.replication.throttled.replicas", List, "", null, "Replicas whose serving is throttled; no effect on a single node."),
        new(MaxCompactionLag, Long, Forever, "log.cleaner.max.compaction.lag.ms", "The longest time a record may stay uncompacted.", 1),
        new(MaxMessageBytes, Int, "1048588", "message.max.bytes", "The largest accepted record batch, after compression.", 0),
        new("message.timestamp.after.max.ms", Long, "3600000", "log.message.timestamp.after.max.ms",
            "How far a record's timestamp may be ahead of the broker's clock.", 0),
        new("message.timestamp.before.max.ms", Long, Forever, "log.message.timestamp.before.max.ms",
            "How far a record's timestamp may be behind the broker's clock.", 0),
        new(TimestampType, ConfigType.String, "CreateTime", "log.message.timestamp.type",
            "Whether a record's timestamp is set by the producer or at the time of the append.", Choices: ["CreateTime", "LogAppendTime"]),
        new("min.cleanable.dirty.ratio", ConfigType.Double, "0.5", "log.cleaner.min.cleanable.ratio",
            "The share of uncompacted bytes above which a log is compacted.", 0, 1),
        new(MinCompactionLag, Long, "0", "log.cleaner.min.compaction.lag.ms", "The shortest time a record stays uncompacted.", 0),
        new("min.insync.replicas", Int, "1", "min.insync.replicas",
            "How many replicas an append with acks=all needs; a single node never needs more than one.", 1),
        new("preallocate", ConfigType.Boolean, "false", "log.preallocate", "Whether the file of a new segment is created at its full size."),
        new("retention.bytes", Long, "-1", "log.retention.bytes", "How large a partition's log grows before its oldest segments are deleted; -1 for no limit."),
        new("retention.ms", Long, "604800000", null, "How old records become before their segments are deleted; -1 for no limit.", -1),
        new(SegmentBytes, Int, "1073741824", "log.segment.bytes", "The size of a segment file.", 1 << 20),
        new("segment.index.bytes", Int, "10485760", "log.index.size.max.bytes", "The largest size of a segment's index.", 4),
        new("segment.jitter.ms", Long, "0", null, "The most by which segment.ms is shortened at random.", 0),
        new("segment.ms", Long, "604800000", null, "After what time a new segment is started even if the last one is not full.", 1),
        new("unclean.leader.election.enable", ConfigType.Boolean, "false", "unclean.leader.election.enable",
            "Whether a replica that is behind may become leader; no effect on a single node."),
    ]).ToDictionary(definition => definition.Name), StringComparer.Ordinal);

    public static ConfigDefinition? Find(string name) => Known.GetValueOrDefault(name);

    /// <summary>Returns the configs to set on a topic in the form in which they are stored, or what is wrong with them.</summary>
    public static (SortedDictionary<string, string> Configs, string? Problem) Parse(IEnumerable<KeyValuePair<string, string>> wanted)
    {
        var configs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in wanted)
        {
            if (Find(name) is not { } definition) return (configs, $"unknown topic config '{name}'");
            var (value, problem) = definition.Parse(text);
            if (problem is not null) return (configs, problem);
            configs[name] = value!;
        }

        var (least, most) = (Number(configs, MinCompactionLag), Number(configs, MaxCompactionLag));
        return (configs, least > most ? $"{MinCompactionLag} ({least}) is larger than {MaxCompactionLag} ({most})" : null);
    }

    /// <summary>All configs with their effective values, set or default.</summary>
    public static IEnumerable<ConfigValue> Describe(IReadOnlyDictionary<string, string> configs) =>
        Known.Values.Select(definition => configs.TryGetValue(definition.Name, out var value)
            ? new ConfigValue(definition, value, ConfigSource.Topic)
            : new ConfigValue(definition, definition.Default, ConfigSource.Default));

    public static LogSettings Settings(IReadOnlyDictionary<string, string> configs, TimeProvider time, bool flushEveryAppend) =>
        new(
            time,
            flushEveryAppend,
            (int)Number(configs, MaxMessageBytes),
            (int)Number(configs, SegmentBytes),
            LogAppendTime: Value(configs, TimestampType) == "LogAppendTime")
        {
            Delete = Value(configs, CleanupPolicy).Split(',').Contains("delete"),
            Compact = Value(configs, CleanupPolicy).Split(',').Contains("compact"),
            Cleaning = new CleaningSettings(
                double.Parse(Value(configs, "min.cleanable.dirty.ratio"), CultureInfo.InvariantCulture),
                Number(configs, MinCompactionLag),
                Number(configs, MaxCompactionLag)),
            DeleteRetentionMs = Number(configs, "delete.retention.ms"),
            Compression = CodecOf(Value(configs, CompressionType)),
            CompressionLevel = Find($"compression.{Value(configs, CompressionType)}.level") is { Name: var level } ? (int)Number(configs, level) : null,
            RetentionMs = Number(configs, "retention.ms"),
            RetentionBytes = Number(configs, "retention.bytes"),
            SegmentMs = Number(configs, "segment.ms"),
            IndexIntervalBytes = (int)Number(configs, "index.interval.bytes"),
            SegmentIndexBytes = (int)Number(configs, "segment.index.bytes"),
            TimestampBeforeMaxMs = Number(configs, "message.timestamp.before.max.ms"),
            TimestampAfterMaxMs = Number(configs, "message.timestamp.after.max.ms"),
            FlushMessages = Number(configs, "flush.messages"),
            FlushMs = Number(configs, "flush.ms"),
        };

    private static long Number(IReadOnlyDictionary<string, string> configs, string name) => long.Parse(Value(configs, name), CultureInfo.InvariantCulture);

    private static Codec? CodecOf(string compressionType) => compressionType switch
    {
        "producer" => null,
        "uncompressed" => Codec.None,
        _ => Enum.Parse<Codec>(compressionType, ignoreCase: true),
    };

    private static string Value(IReadOnlyDictionary<string, string> configs, string name) => configs.GetValueOrDefault(name) ?? Known[name].Default;
}
