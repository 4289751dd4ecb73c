using Cdp.Profiles.Answering;

namespace Cdp.Profiles.Tests.Answering;

public sealed class ProfilePartsTests
{
    [Theory]
    [InlineData(null, null, ProfileParts.Usual)]
    [InlineData("", "false", ProfileParts.Usual)]
    [InlineData(null, "true", ProfileParts.Usual | ProfileParts.Provenance)]
    [InlineData("traits, counts", null, ProfileParts.Traits | ProfileParts.Counts)]
    [InlineData("provenance", null, ProfileParts.Provenance)]
    [InlineData("recent", "true", ProfileParts.Recent | ProfileParts.Provenance)]
    public void Read_Names_AreTheParts(string? include, string? provenance, ProfileParts expected)
    {
        var (parts, faults) = ProfilePartsReader.Read(include, provenance);
        Assert.Empty(faults);
        Assert.Equal(expected, parts);
    }

    [Fact]
    public void Read_Wrong_TellsEveryFaultWithWhatItTakes()
    {
        var (_, faults) = ProfilePartsReader.Read("traits,usual,Traits", "yes");
        Assert.Equal(
        [
            "include names 'usual'; it takes identifiers, traits, provenance, counts, recent, accounts, members, absorbed, reflects, with commas between",
            "include names 'Traits'; it takes identifiers, traits, provenance, counts, recent, accounts, members, absorbed, reflects, with commas between",
            "provenance is 'yes'; it takes true or false",
        ], faults);
    }
}
