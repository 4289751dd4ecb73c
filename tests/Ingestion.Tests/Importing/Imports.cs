using System.Globalization;
using System.Text;
using cdp;
using Cdp.Ingestion.Importing;
using Xunit;
using Event = cdp.Event;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Uploads files, and finds their records in the topics.</summary>
internal sealed class Imports(KafkaFixture kafka)
{
    /// <summary>A part of an NDJSON file of track events whose name is the number of their line.</summary>
    /// <param name="name">The beginning of the userIds.</param>
    /// <param name="first">The number of the first line, from 1.</param>
    /// <param name="count">How many lines to make.</param>
    public static IEnumerable<string> Lines(string name, int first, int count) =>
        Enumerable.Range(first, count).Select(line =>
            $$"""{"type":"track","userId":"{{name}}-{{line % 97}}","event":"line {{line}}","""
            + $$$""" "timestamp":"2020-01-01T00:00:00Z","properties":{"line":{{{line}}}}}"""
            + "\n");

    /// <summary>The lines as the bytes of a file.</summary>
    public static byte[] File(string name, int first, int count) => Encoding.UTF8.GetBytes(string.Concat(Lines(name, first, count)));

    /// <param name="query">The query of the request, such as <c>fileId=orders&amp;format=csv</c>.</param>
    /// <param name="text">The file.</param>
    /// <param name="key">The write key of the source.</param>
    public Task<ImportAnswer> SendAsync(string query, string text, string key = "WK") => SendAsync(query, Encoding.UTF8.GetBytes(text), key);

    public Task<ImportAnswer> SendAsync(string query, byte[] file, string key = "WK", string? encoding = null) =>
        SendAsync(kafka.Host.Client, query, file, key, encoding);

    public static async Task<ImportAnswer> SendAsync(HttpClient client, string query, byte[] file, string key = "WK", string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/import/file?" + query) { Content = new ByteArrayContent(file) };
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.Authorization = IngestionHost.BasicAuthentication(key);
        using var response = await client.SendAsync(request);
        return await ImportAnswer.ReadAsync(response);
    }

    /// <summary>Begins an upload that the test sends piece by piece.</summary>
    public Task<RawUpload> BeginAsync(string query) => RawUpload.BeginAsync(kafka.Host.Client.BaseAddress!, query);

    public List<QuarantinedEvent> QuarantinedRows(string fileId) =>
        [.. kafka.QuarantinedEvents().Where(record => record.violations[0].message.Contains($" of {fileId}:", StringComparison.Ordinal))];

    /// <summary>The events of a file whose rows have no messageId, by line. Fails if a line has become two events.</summary>
    public Dictionary<long, Event> EventsByLine(string fileId)
    {
        var prefix = RowConverter.IdPrefix("src", fileId) + "-";
        return kafka.CollectedEvents()
            .Where(e => e.messageId.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(e => long.Parse(e.messageId[prefix.Length..], CultureInfo.InvariantCulture));
    }

    /// <summary>Checks that a file of <see cref="Lines"/> has been imported completely, each line once.</summary>
    public void AssertImportedOnce(string fileId, int lines)
    {
        var events = EventsByLine(fileId);
        Assert.Equal(Enumerable.Range(1, lines).Select(line => (long)line), events.Keys.Order());
        Assert.All(events, e => Assert.Equal($"line {e.Key}", e.Value.@event));
    }

    /// <summary>Waits until the number of imported lines of a file satisfies a condition.</summary>
    public Task WaitForLinesAsync(string fileId, Func<int, bool> enough) =>
        Eventually.TrueAsync(() => enough(EventsByLine(fileId).Count), $"enough lines of {fileId} have been imported");
}
