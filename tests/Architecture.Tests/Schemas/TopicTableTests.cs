using System.Globalization;
using System.Text.RegularExpressions;
using Cdp.Architecture.Tests.Documentation;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Architecture.Tests.Schemas;

/// <summary>Compares the tables of schemas/README.md with the topic table, the schemas and the loops of the services.</summary>
public sealed partial class TopicTableTests
{
    private static readonly IReadOnlyList<IReadOnlyList<string>> Rows = Table("topic");

    private static readonly IReadOnlyList<Topic> AllTopics = [.. Topics.All, .. Topics.PerDestination];

    [Fact]
    public void Topics_InTheTable_AreThoseOfTheContracts() =>
        Assert.Equal(AllTopics.Select(Row), Rows.Select(row => string.Join(" | ", row.Take(6)).Replace("`", "")));

    // The table may name services without a loop: some write or read a topic outside of one.
    [Fact]
    public void Topics_WritersAndReaders_IncludeEveryLoop()
    {
        var faults = new List<string>();
        foreach (var file in Repository.Files(".cs").Where(file => file.StartsWith("services/", StringComparison.Ordinal)))
        {
            var service = file.Split('/')[1].ToLowerInvariant();
            foreach (Match match in LoopPattern.Matches(Repository.Read(file)))
            {
                var (column, title) = match.Groups["end"].Value == "Outputs" ? (6, "writer") : (7, "reader");
                var names = TopicPattern.Matches(match.Groups["topics"].Value).Select(topic => Named(topic.Groups[1].Value).Name);
                faults.AddRange(names.Where(name => !Cell(name, column).Contains(service, StringComparison.OrdinalIgnoreCase))
                    .Select(name => $"{file}: {service} is a {title} of {name}, but schemas/README.md does not say so"));
            }
        }
        Expect.NoFaults(faults);
    }

    [Fact]
    public void Records_EverySchema_IsInOneOfTheTables()
    {
        var onTopics = AllTopics.SelectMany(topic => topic.Records).Select(record => record.Name);
        var nested = Table("record inside other records").Select(row => MarkdownDocument.LinkText(row[0]).Trim('`'));
        Assert.Equal(SchemaFolder.Texts(SchemaFolder.Today).Keys.Order(), onTopics.Concat(nested).Distinct().Order());
    }

    /// <summary>The doc of a schema begins with the topics that its records are on.</summary>
    [Fact]
    public void Records_OnATopic_NameItFirst()
    {
        var schemas = SchemaFolder.Parse(SchemaFolder.Texts(SchemaFolder.Today));
        Expect.NoFaults(AllTopics.SelectMany(topic => topic.Records.Select(record => (topic.Name, Schema: schemas[record.Name])))
            .Where(record => !record.Schema.Documentation.StartsWith(record.Name, StringComparison.Ordinal))
            .Select(record => $"the doc of {record.Schema.Name} does not begin with its topic, {record.Name}"));
    }

    private static string Row(Topic topic)
    {
        var partitions = topic.SinglePartition ? "1" : "N";
        var records = string.Join(", ", topic.Records.Select(record => record.Name));
        return string.Join(" | ", topic.Name, topic.Key, partitions, records, topic.Configs["cleanup.policy"], Retention(topic));
    }

    private static string Retention(Topic topic) => topic.Configs.GetValueOrDefault("retention.ms") switch
    {
        null => "the last record of each key",
        "-1" => "forever",
        var milliseconds => $"{TimeSpan.FromMilliseconds(long.Parse(milliseconds, CultureInfo.InvariantCulture)).TotalDays} days",
    };

    private static string Cell(string topic, int column) => Rows.Single(row => row[0] == $"`{topic}`")[column];

    private static Topic Named(string field) => (Topic)typeof(Topics).GetField(field)!.GetValue(null)!;

    private static IReadOnlyList<IReadOnlyList<string>> Table(string title) =>
        [.. new MarkdownDocument(Repository.Read("schemas/README.md")).Tables.Single(table => table[0][0] == title).Skip(1)];

    [GeneratedRegex(@"\b(?<end>Inputs|Outputs)\s*=\s*\[(?<topics>[^\]]*)\]")]
    private static partial Regex LoopPattern { get; }

    [GeneratedRegex(@"Topics\.(\w+)")]
    private static partial Regex TopicPattern { get; }
}
