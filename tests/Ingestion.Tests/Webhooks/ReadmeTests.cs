using System.Runtime.CompilerServices;
using Cdp.Hosting;
using Cdp.Ingestion.Mapping;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class ReadmeTests
{
    [Fact]
    public void Readme_TheWorkedExample_IsReadAndItsSampleHolds()
    {
        var errors = new List<string>();
        var mapping = YamlSection.Read("README.md", new StringReader(Example()), errors)!.Section("mapping")!;
        EventMapping.Read(mapping);
        Assert.Empty(errors);

        var section = YamlSection.Read("README.md", new StringReader(Example().Replace("charge.succeeded,", "charge.failed,", StringComparison.Ordinal)), errors)!.Section("mapping")!;
        EventMapping.Read(section);
        Assert.Contains("the sample 'a charge of a customer': events[0].event is \"charge.failed\", but is expected to be \"Payment Received\"", Assert.Single(errors));
    }

    private static string Example([CallerFilePath] string here = "") =>
        string.Join('\n', File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../services/Ingestion/README.md")).Split('\n').SkipWhile(line => line != "    id: billing").TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line[4..]));
}
