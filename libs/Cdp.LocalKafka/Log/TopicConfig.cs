using System.Globalization;
using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>The topic configs this broker knows, with Apache Kafka's defaults where the default has meaning on one node.</summary>
internal static class TopicConfig
{
    public const string CleanupPolicy = "cleanup.policy";
    private const string CompressionType = "compression.type";
    private const string MaxMessageBytes = "max.message.bytes";
    private const string SegmentBytes = "segment.bytes";
    private const string TimestampType = "message.timestamp.type";

    private static readonly SortedDictionary<string, (string Default, ConfigType Type)> Known = new(StringComparer.Ordinal)
    {
        [CleanupPolicy] = ("delete", ConfigType.List),
        [CompressionType] = ("producer", ConfigType.String),
        ["delete.retention.ms"] = ("86400000", ConfigType.Long),
        ["file.delete.delay.ms"] = ("60000", ConfigType.Long),
        ["flush.messages"] = ("9223372036854775807", ConfigType.Long),
        ["flush.ms"] = ("9223372036854775807", ConfigType.Long),
        ["index.interval.bytes"] = ("4096", ConfigType.Int),
        ["max.compaction.lag.ms"] = ("9223372036854775807", ConfigType.Long),
        [MaxMessageBytes] = ("1048588", ConfigType.Int),
        ["message.timestamp.after.max.ms"] = ("3600000", ConfigType.Long),
        ["message.timestamp.before.max.ms"] = ("9223372036854775807", ConfigType.Long),
        [TimestampType] = ("CreateTime", ConfigType.String),
        ["min.cleanable.dirty.ratio"] = ("0.5", ConfigType.Double),
        ["min.compaction.lag.ms"] = ("0", ConfigType.Long),
        ["min.insync.replicas"] = ("1", ConfigType.Int),
        ["preallocate"] = ("false", ConfigType.Boolean),
        ["retention.bytes"] = ("-1", ConfigType.Long),
        ["retention.ms"] = ("604800000", ConfigType.Long),
        [SegmentBytes] = ("268435456", ConfigType.Int),
        ["segment.index.bytes"] = ("10485760", ConfigType.Int),
        ["segment.jitter.ms"] = ("0", ConfigType.Long),
        ["segment.ms"] = ("604800000", ConfigType.Long),
        ["unclean.leader.election.enable"] = ("false", ConfigType.Boolean),
    };

    /// <summary>Null when the config may be set, else what is wrong with it.</summary>
    public static string? Problem(string name, string? value)
    {
        if (!Known.TryGetValue(name, out var known)) return $"unknown topic config '{name}'";
        if (value is null) return $"null value for topic config '{name}'";
        var valid = name switch
        {
            CleanupPolicy => value.Split(',').All(part => part.Trim() is "delete" or "compact"),
            TimestampType => value is "CreateTime" or "LogAppendTime",
            CompressionType => value is "producer" or "uncompressed" or "gzip" or "snappy" or "lz4" or "zstd",
            SegmentBytes => int.TryParse(value, CultureInfo.InvariantCulture, out var bytes) && bytes >= 14,
            MaxMessageBytes => int.TryParse(value, CultureInfo.InvariantCulture, out var bytes) && bytes >= 0,
            _ => known.Type switch
            {
                ConfigType.Int => int.TryParse(value, CultureInfo.InvariantCulture, out _),
                ConfigType.Long => long.TryParse(value, CultureInfo.InvariantCulture, out _),
                ConfigType.Double => double.TryParse(value, CultureInfo.InvariantCulture, out _),
                ConfigType.Boolean => bool.TryParse(value, out _),
                _ => true,
            },
        };
        return valid ? null : $"invalid value '{value}' for topic config '{name}'";
    }

    /// <summary>Every known config with the value in force, set or default.</summary>
    public static IEnumerable<ConfigValue> Describe(IReadOnlyDictionary<string, string> configs) =>
        Known.Select(known => configs.TryGetValue(known.Key, out var value)
            ? new ConfigValue(known.Key, value, ConfigSource.Topic, known.Value.Type)
            : new ConfigValue(known.Key, known.Value.Default, ConfigSource.Default, known.Value.Type));

    public static LogSettings Settings(IReadOnlyDictionary<string, string> configs, TimeProvider time, bool flushEveryAppend)
    {
        return new LogSettings(time, flushEveryAppend, Int(MaxMessageBytes), Int(SegmentBytes), Value(configs, TimestampType) == "LogAppendTime")
        {
            Delete = Value(configs, CleanupPolicy).Split(',').Any(policy => policy.Trim() == "delete"),
            Compact = Value(configs, CleanupPolicy).Split(',').Any(policy => policy.Trim() == "compact"),
            Compression = CodecOf(Value(configs, CompressionType)),
            RetentionMs = Long("retention.ms"),
            RetentionBytes = Long("retention.bytes"),
            SegmentMs = Long("segment.ms"),
            IndexIntervalBytes = Int("index.interval.bytes"),
            SegmentIndexBytes = Int("segment.index.bytes"),
            TimestampBeforeMaxMs = Long("message.timestamp.before.max.ms"),
            TimestampAfterMaxMs = Long("message.timestamp.after.max.ms"),
            FlushMessages = Long("flush.messages"),
            FlushMs = Long("flush.ms"),
        };

        int Int(string name) => int.Parse(Value(configs, name), CultureInfo.InvariantCulture);
        long Long(string name) => long.Parse(Value(configs, name), CultureInfo.InvariantCulture);
    }

    private static Codec? CodecOf(string compressionType) => compressionType switch
    {
        "producer" => null,
        "uncompressed" => Codec.None,
        _ => Enum.Parse<Codec>(compressionType, ignoreCase: true),
    };

    private static string Value(IReadOnlyDictionary<string, string> configs, string name) => configs.GetValueOrDefault(name, Known[name].Default);
}

/// <summary>A config as it is in force.</summary>
internal readonly record struct ConfigValue(string Name, string Value, ConfigSource Source, ConfigType Type);

/// <summary>Where a config's value comes from, as DescribeConfigs numbers it.</summary>
internal enum ConfigSource : sbyte
{
    Topic = 1,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>Config types as DescribeConfigs numbers them.</summary>
internal enum ConfigType : sbyte
{
    Boolean = 1,
    String = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}
