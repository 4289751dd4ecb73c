using Cdp.Fanout.Configuration;

namespace Cdp.Fanout.Tests.Configuration;

public sealed class DestinationFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("destinations");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Read_CompleteFile_ReturnsTheDestination()
    {
        var destination = Assert.Single(Read(out var errors, """
            id: crm
            type: webhook
            url: https://example.com/hook
            secret_env: CRM_SECRET
            events: {types: [track, identify], names: Order Completed}
            timeout: 2.5s
            max_attempts: 3
            concurrency: 2
            headers: {Authorization: Bearer x}
            """));
        Assert.Empty(errors);
        Assert.Equal(("crm", "https://example.com/hook", "s3cret", TimeSpan.FromSeconds(2.5), 3, 2),
            (
                destination.Id,
                destination.Webhook.Url.ToString(),
                destination.Webhook.Secret,
                destination.Webhook.Timeout,
                destination.MaxAttempts,
                destination.Concurrency));
        Assert.Equal(["track", "identify"], destination.Subscription.Types);
        Assert.Equal(["Order Completed"], destination.Subscription.Names);
        Assert.Equal("Bearer x", destination.Webhook.Headers["Authorization"]);
    }

    [Fact]
    public void Read_InvalidFiles_ReportsEveryFaultWithFileAndLine()
    {
        string[] expected =
        [
            "a.yaml:1: 'CRM!' cannot name a consumer group",
            "a.yaml:2: 'ftp' is not a type of destination",
            "a.yaml:3: 'example.com' is not an http or https URL",
            "a.yaml:4: the environment variable NOBODY is not set",
            "a.yaml:5: 'click' is not a type of event",
            "a.yaml:6: 'timeout' must be a duration",
            "a.yaml:7: 'max_attempts' must be a whole number from 1 to 100",
            "a.yaml:8: the header 'X-Cdp-Signature' is set for each request",
            "a.yaml:9: 'retries' is not a known key",
            "b.yaml:1: 'type' is missing",
            "b.yaml:1: 'url' is missing",
            "c.yaml:1: there is another destination 'b'",
        ];
        Read(out var errors,
            """
            id: CRM!
            type: ftp
            url: example.com
            secret_env: NOBODY
            events: {types: [click]}
            timeout: 10
            max_attempts: 0
            headers: {X-Cdp-Signature: mine}
            retries: 3
            """,
            "id: b",
            "{id: b, type: webhook, url: 'http://x'}");
        Assert.Equal(expected.Length, errors.Count);
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(Path.Combine(_folder.FullName, start), StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_MissingFolder_ReturnsNone()
    {
        var errors = new List<string>();
        Assert.Empty(DestinationFiles.Read("/nowhere/at/all", _ => null, errors));
        Assert.Empty(errors);
    }

    private IReadOnlyList<Destination> Read(out List<string> errors, params string[] files)
    {
        for (var i = 0; i < files.Length; i++) File.WriteAllText(Path.Combine(_folder.FullName, $"{(char)('a' + i)}.yaml"), files[i]);
        errors = [];
        return DestinationFiles.Read(_folder.FullName, name => name == "CRM_SECRET" ? "s3cret" : null, errors);
    }
}
