using System.Globalization;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;

namespace Cdp.LocalKafka.Log.Topics;

/// <summary>A topic and the logs of its partitions. Immutable: a change creates a new instance.</summary>
/// <param name="Configs">The configs that are set on the topic. All others have the defaults of <see cref="TopicConfig"/>.</param>
internal sealed record Topic(string Name, Guid Id, IReadOnlyDictionary<string, string> Configs, IReadOnlyList<PartitionLog> Partitions)
{
    /// <summary>Whether the broker keeps its own state in this topic. Clients cannot delete it, and topic patterns do not match it.</summary>
    public bool IsInternal => Name is TopicStore.OffsetsTopic or TopicStore.TransactionsTopic;

    public PartitionLog? Partition(int index) => index >= 0 && index < Partitions.Count ? Partitions[index] : null;
}

/// <summary>Kafka's rules for topic names.</summary>
internal static class TopicName
{
    private const int MaxLength = 249;

    /// <summary>Returns null if the name is valid, else what is wrong with it.</summary>
    public static string? Problem(string name) => name switch
    {
        "" => "the topic name is empty",
        "." or ".." => $"'{name}' is not allowed as a topic name",
        { Length: > MaxLength } => string.Create(CultureInfo.InvariantCulture, $"the topic name is longer than {MaxLength} characters"),
        _ when name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') => null,
        _ => $"the topic name '{name}' contains characters other than ASCII letters, digits, '.', '_' and '-'",
    };
}
