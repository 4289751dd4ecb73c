using Cdp.Profiles.Api;

namespace Cdp.Profiles.Tests.Api;

public sealed class ProfilePartsTests
{
    private const string Names = "identifiers, traits, provenance, counts, recent, accounts, members, absorbed, reflects";

    [Theory]
    [InlineData(null, null, ProfileParts.Default)]
    [InlineData("", "false", ProfileParts.Default)]
    [InlineData(null, "true", ProfileParts.Default | ProfileParts.Provenance)]
    [InlineData("traits, counts", null, ProfileParts.Traits | ProfileParts.Counts)]
    [InlineData("provenance", null, ProfileParts.Provenance)]
    [InlineData("recent", "true", ProfileParts.Recent | ProfileParts.Provenance)]
    public void Read_Names_ReturnsTheParts(string? include, string? provenance, ProfileParts expected)
    {
        var (parts, errors) = ProfilePartsReader.Read(include, provenance);
        Assert.Empty(errors);
        Assert.Equal(expected, parts);
    }

    [Fact]
    public void Read_InvalidValues_ListsEveryErrorWithTheAllowedValues()
    {
        var (_, errors) = ProfilePartsReader.Read("traits,default,Traits", "yes");
        Assert.Equal(
        [
            $"include names 'default'; it must be a comma-separated list of {Names}",
            $"include names 'Traits'; it must be a comma-separated list of {Names}",
            "provenance is 'yes'; it must be true or false",
        ], errors);
    }
}
