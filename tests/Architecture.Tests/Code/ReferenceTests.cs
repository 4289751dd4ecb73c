using System.Xml.Linq;
using Xunit;

namespace Cdp.Architecture.Tests.Code;

/// <summary>Projects depend on each other one way: services on libraries, never on services (only Local may), and the contracts on Avro alone.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Projects => [.. SourceProject.Folders().Where(folder => folder != "services/Local")];

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectReferences_OfServicesAndLibraries_AreLibraries(string project)
    {
        var referenced = References(project, "ProjectReference")
            .Select(path => Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Absolute(project), path)));
        Assert.All(referenced, path => Assert.StartsWith("libs/", path, StringComparison.Ordinal));
    }

    [Fact]
    public void PackageReferences_OfContracts_AreAvroAlone() => Assert.Equal(["Apache.Avro"], References("libs/Cdp.Contracts", "PackageReference"));

    [Fact]
    public void ProjectReferences_OfLocalKafka_AreNone() => Assert.Empty(References("libs/Cdp.LocalKafka", "ProjectReference"));

    private static IEnumerable<string> References(string folder, string kind) =>
        XDocument.Load(Directory.GetFiles(Repository.Absolute(folder), "*.csproj").Single()).Descendants(kind)
            .Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/'));
}
