using Xunit;

namespace Cdp.Architecture.Tests.Code;

/// <summary>Files are pure unless <c>impure-files.txt</c> lists them.</summary>
public sealed class PurityTests
{
    private const string List = "tests/Architecture.Tests/Code/impure-files.txt";

    [Fact]
    public void Files_ThatAreImpure_AreListed()
    {
        var listed = Repository.Read(List).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).ToHashSet();
        List<string> faults = [];
        foreach (var project in SourceProject.Folders().Select(folder => new SourceProject(folder)))
        {
            foreach (var file in project.Files)
            {
                var path = $"{project.Folder}/{file}";
                var (usings, names) = project.Vocabulary(file);
                var blemish = Purity.Blemish(usings, names);
                if (blemish is null && listed.Contains(path)) faults.Add($"{path} is pure: remove it from {List}");
                if (blemish is not null && !listed.Contains(path))
                {
                    faults.Add($"{path} uses {blemish}: move its decisions into a pure file, or add the path to {List}");
                }
                listed.Remove(path);
            }
        }
        faults.AddRange(listed.Select(path => $"{path} does not exist: remove it from {List}"));
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("Confluent.Kafka", "Offset", "Confluent.Kafka")]
    [InlineData("System", "UtcNow", "UtcNow")]
    [InlineData("System.Text.Json", "JsonElement", null)]
    [InlineData("ConfluentLike", "Taskbar", null)]
    public void Blemish_NamespaceOrName_IsFoundWhole(string used, string name, string? blemish) =>
        Assert.Equal(blemish, Purity.Blemish(new HashSet<string> { used }, new HashSet<string> { name }));
}
