using Avro.Specific;

namespace Cdp.Contracts;

/// <summary>How long a topic keeps its records.</summary>
public enum Cleanup
{
    /// <summary>Seven days.</summary>
    Delete,

    /// <summary>
    /// Ninety days, for records that an operator may want to repair and send again. They may be larger than elsewhere, because they wrap a record.
    /// </summary>
    DeleteLong,

    /// <summary>The last record of each key.</summary>
    Compact,

    /// <summary>All records, forever: state is rebuilt from them.</summary>
    Keep,
}

/// <summary>A row of the topic table.</summary>
/// <param name="Name">The name without the configured prefix.</param>
/// <param name="Key">A description of the record key, for people. Keys are UTF-8 strings.</param>
/// <param name="Cleanup">How long records are kept.</param>
/// <param name="SinglePartition">
/// Whether the topic has one partition, because its total order matters. If false, it has as many partitions as every keyed topic.
/// </param>
/// <param name="Records">The generated types of its records.</param>
public sealed record Topic(string Name, string Key, Cleanup Cleanup, bool SinglePartition, params Type[] Records)
{
    /// <summary>
    /// The registry subject of a record: <c>TOPIC-value</c> for a topic of one record type (Confluent's TopicNameStrategy),
    /// the record's full name for a topic of several (RecordNameStrategy).
    /// </summary>
    public string Subject(string prefix, ISpecificRecord record) => Records.Length == 1 ? $"{prefix}{Name}-value" : record.Schema.Fullname;

    /// <summary>Whether its records wrap a record of another topic, and may therefore be larger.</summary>
    public bool Wraps { get; init; } = Cleanup == Cleanup.DeleteLong;

    /// <summary>Key, value and headers of the largest record that may be written to the topic.</summary>
    public int MaxRecordBytes => Wraps ? SizeLimits.DeadLetter : SizeLimits.Record;

    /// <summary>The configuration of the topic, with the names and values that Kafka uses.</summary>
    public IReadOnlyDictionary<string, string> Configs => new Dictionary<string, string>(Kept) { ["max.message.bytes"] = Text(SizeLimits.Topic) };

    private Dictionary<string, string> Kept => Cleanup switch
    {
        Cleanup.Delete => new() { ["cleanup.policy"] = "delete", ["retention.ms"] = Days(7) },
        Cleanup.DeleteLong => new() { ["cleanup.policy"] = "delete", ["retention.ms"] = Days(90) },
        Cleanup.Compact => new() { ["cleanup.policy"] = "compact" },
        // Also unlimited in size. Otherwise the default of a cluster could delete records that must be kept.
        _ => new() { ["cleanup.policy"] = "delete", ["retention.ms"] = "-1", ["retention.bytes"] = "-1" },
    };

    private static string Days(int days) => Text((long)TimeSpan.FromDays(days).TotalMilliseconds);

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
