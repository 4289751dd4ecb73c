using System.Text;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>
/// The events of a population: each user browses anonymously and logs in after a third of the events. So each user causes one merge, and each event must end up
/// in the profile of a user id.
/// </summary>
internal sealed class Workload(string run, PipelineOptions options)
{
    /// <summary>The request bodies in order, each with a batch of events.</summary>
    public IEnumerable<byte[]> Batches()
    {
        for (var first = 0; first < options.Events; first += options.Batch)
        {
            var body = new StringBuilder("{\"batch\":[");
            for (var i = first; i < Math.Min(options.Events, first + options.Batch); i++) body.Append(i == first ? "" : ",").Append(Event(i));
            yield return Encoding.UTF8.GetBytes(body.Append("]}").ToString());
        }
    }

    /// <summary>Event number <paramref name="i"/>. The events of a user are in order and spread over the run.</summary>
    public string Event(int i)
    {
        var (user, turn) = (i % options.Users, i / options.Users);
        var login = Math.Max(1, options.Events / options.Users / 3);
        var (visitor, known) = ($"{run}-a{user}", $"{run}-u{user}");
        var start = turn switch
        {
            _ when turn < login => $$"""{"type":"track","event":"Product Viewed","anonymousId":"{{visitor}}",""",
            _ when turn == login => $$"""{"type":"identify","anonymousId":"{{visitor}}","userId":"{{known}}","traits":{"plan":"pro","seat":{{user}}},""",
            _ => $$"""{"type":"track","event":"Order Completed","anonymousId":"{{visitor}}","userId":"{{known}}",""",
        };
        const string Sdk = """{"library":{"name":"bench","version":"1"}}""";
        var (id, time, revenue) = ($"{run}-{i}", $"{DateTime.UtcNow:O}", $"{i % 100}.99");
        var json = $$$"""{{{start}}}"messageId":"{{{id}}}","timestamp":"{{{time}}}","context":{{{Sdk}}},"properties":{"revenue":{{{revenue}}},"note":"?"}}""";
        return json.Replace("?", new string('x', Math.Max(0, options.Bytes - json.Length + 1)), StringComparison.Ordinal);
    }
}
