using Cdp.Contracts;

namespace Cdp.Fanout.History;

/// <summary>Which records a page may hold.</summary>
/// <param name="Sources">The topics and their partitions, in the order in which they are read.</param>
/// <param name="Appended">The Kafka timestamps of the records. Compacted topics are read whole, because they hold a state.</param>
/// <param name="From">Where the page begins; null for the first page.</param>
/// <param name="Limit">The most records that are selected.</param>
public sealed record PageRequest(IReadOnlyList<PageSource> Sources, Period Appended, Cursor? From, int Limit)
{
    /// <summary>The sources from the cursor on. Null if the cursor names a source that the request does not have.</summary>
    public IReadOnlyList<PageSource>? Remaining
    {
        get
        {
            if (From is null) return Sources;
            var rest = Sources.SkipWhile(source => source.Topic.Name != From.Topic || source.Partition != From.Partition).ToList();
            return rest.Count > 0 ? rest : null;
        }
    }
}

/// <summary>A partition that a page is read from.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
public sealed record PageSource(Topic Topic, int Partition)
{
    /// <summary>The partitions of topics, or only the one that has the records of a profile.</summary>
    /// <param name="topics">The topics, whose keys are profile ids.</param>
    /// <param name="partitions">The number of partitions of each.</param>
    /// <param name="profileId">The profile; null for all.</param>
    public static IReadOnlyList<PageSource> Of(IEnumerable<Topic> topics, int partitions, string? profileId)
    {
        var numbers = profileId is null ? Enumerable.Range(0, partitions) : [Partitioner.Partition(profileId, partitions)];
        return [.. topics.SelectMany(_ => numbers, (topic, number) => new PageSource(topic, number))];
    }
}
