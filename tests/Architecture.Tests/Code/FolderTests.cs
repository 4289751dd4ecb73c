using Xunit;

namespace Cdp.Architecture.Tests.Code;

/// <summary>Inside each project folders depend on each other in one direction.</summary>
public sealed class FolderTests
{
    public static TheoryData<string> Projects => [.. SourceProject.Folders()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_OfAProject_DependInOneDirection(string project)
    {
        var circles = FolderCircles.Find([.. new SourceProject(project).Uses()]).ToList();
        Assert.True(circles.Count == 0, string.Join('\n', circles));
    }

    [Fact]
    public void Find_CircleOverThreeFolders_NamesEachStep() => Assert.Equal(
        [
            "A and B depend on each other: A/1.cs uses X of B/2.cs",
            "B and C depend on each other: B/2.cs uses Y of C/3.cs",
            "C and A depend on each other: C/3.cs uses Z of A/1.cs",
        ],
        FolderCircles.Find([("A/1.cs", "B/2.cs", "X"), ("B/2.cs", "C/3.cs", "Y"), ("C/3.cs", "A/1.cs", "Z"), ("A/1.cs", "D/4.cs", "W")]));

    [Fact]
    public void Find_CircleOfParentFolders_IsFound() =>
        Assert.NotEmpty(FolderCircles.Find([("A/B/1.cs", "C/D/2.cs", "X"), ("C/E/3.cs", "A/F/4.cs", "Y")]));

    [Fact]
    public void Find_FileThatUsesTheProjectsRoot_IsACircleOnlyIfTheRootUsesItsFolder()
    {
        Assert.Empty(FolderCircles.Find([("Options.cs", "A/1.cs", "X")]));
        Assert.NotEmpty(FolderCircles.Find([("Service.cs", "A/1.cs", "X"), ("A/1.cs", "Options.cs", "Y")]));
    }
}
