using System.Text;

namespace Cdp.Benchmarks;

/// <summary>
/// Events of a population: each user browses anonymously, identifies after a third of their events, and goes on known.
/// So each user is one merge, and every event must end in the profile of a user id.
/// </summary>
internal sealed class Workload(string run, PipelineOptions options)
{
    /// <summary>Request bodies in the order of sending; each carries a batch of events.</summary>
    public IEnumerable<byte[]> Batches()
    {
        for (var first = 0; first < options.Events; first += options.Batch)
        {
            var body = new StringBuilder("{\"batch\":[");
            for (var i = first; i < Math.Min(options.Events, first + options.Batch); i++) body.Append(i == first ? "" : ",").Append(Event(i));
            yield return Encoding.UTF8.GetBytes(body.Append("]}").ToString());
        }
    }

    /// <summary>Event number i. A user's events are spread over the run, in order.</summary>
    public string Event(int i)
    {
        var (user, turn) = (i % options.Users, i / options.Users);
        var login = Math.Max(1, options.Events / options.Users / 3);
        var head = turn switch
        {
            _ when turn < login => $"\"type\":\"track\",\"event\":\"Product Viewed\",\"anonymousId\":\"{run}-a{user}\"",
            _ when turn == login => $"\"type\":\"identify\",\"anonymousId\":\"{run}-a{user}\",\"userId\":\"{run}-u{user}\",\"traits\":{{\"plan\":\"pro\",\"seat\":{user}}}",
            _ => $"\"type\":\"track\",\"event\":\"Order Completed\",\"anonymousId\":\"{run}-a{user}\",\"userId\":\"{run}-u{user}\"",
        };
        var json = $"{{{head},\"messageId\":\"{run}-{i}\",\"timestamp\":\"{DateTime.UtcNow:O}\",\"context\":{{\"library\":{{\"name\":\"bench\",\"version\":\"1\"}}}},\"properties\":{{\"revenue\":{i % 100}.99,\"note\":\"";
        return json + new string('x', Math.Max(0, options.Bytes - json.Length - 3)) + "\"}}";
    }
}
