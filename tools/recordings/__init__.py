"""What was recorded of the .NET releases elsewhere, brought into the words and the format of this repository."""
