using System.Runtime.CompilerServices;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Mapping.Yaml;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class ReadmeTests
{
    [Fact]
    public void Readme_MappingExample_IsValidAndItsSampleIsChecked()
    {
        var errors = new List<string>();
        var mapping = YamlSection.Read("README.md", new StringReader(Example()), errors)!.Section("mapping")!;
        MappingReader.Read(mapping);
        Assert.Empty(errors);

        var section = YamlSection.Read(
            "README.md",
            new StringReader(Example().Replace("charge.succeeded,", "charge.failed,", StringComparison.Ordinal)),
            errors)!.Section("mapping")!;
        MappingReader.Read(section);
        Assert.Contains(
            "the sample 'a charge of a customer' was mapped, but events[0].event is \"charge.failed\" instead of \"Payment Received\"",
            Assert.Single(errors));
    }

    private static string Example([CallerFilePath] string here = "") =>
        string.Join(
            '\n',
            File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../services/Ingestion/README.md"))
                .Split('\n')
                .SkipWhile(line => line != "    id: billing")
                .TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal))
                .Select(line => line[4..]));
}
