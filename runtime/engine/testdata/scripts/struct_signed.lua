return {struct.unpack('i4', '\195\137\226\130')}
