using System.Diagnostics;
using System.Globalization;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Importing;
using Xunit;
using Event = cdp.Event;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>What files left in the topics.</summary>
internal sealed class Imported(KafkaFixture kafka)
{
    public static IEnumerable<string> Lines(string name, int first, int count) =>
        Enumerable.Range(first, count).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"type":"track","userId":"{{name}}-{{i % 97}}","event":"line {{i}}","timestamp":"2020-01-01T00:00:00Z","properties":{"line":{{i}} } }""") + "\n");

    public List<Event> Collected() => [.. kafka.Read(Topics.EventsCollected).Select(record => ((CollectedEvent)record.Value).envelope)];

    public List<QuarantinedEvent> Quarantined(string fileId) =>
        [.. kafka.Read(Topics.EventsQuarantined).Select(record => (QuarantinedEvent)record.Value).Where(record => record.violations[0].message.Contains($" of {fileId}:", StringComparison.Ordinal))];

    // By line, and each once.
    public Dictionary<long, Event> Events(string fileId)
    {
        var prefix = RowJudge.IdPrefix("src", fileId) + "-";
        return Collected().Where(e => e.messageId.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(e => long.Parse(e.messageId[prefix.Length..], CultureInfo.InvariantCulture));
    }

    public void AssertOnce(string fileId, int lines)
    {
        var events = Events(fileId);
        Assert.Equal(Enumerable.Range(1, lines).Select(line => (long)line), events.Keys.Order());
        Assert.All(events, e => Assert.Equal($"line {e.Key}", e.Value.@event));
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("the condition did not come true");
            await Task.Delay(50);
        }
    }
}
